//! Huffman codes and bits of entropy-coded data (ITU-T T.81, annex F.2.2).

/// Codes up to this length are found in one step.
const QUICK: u32 = 10;
/// So many bits of a block's AC coefficients are looked at in one step: some two coefficients.
const AT_ONCE: u32 = 11;
/// Coefficients of a block.
const BLOCK: u32 = 64;

/// A Huffman table, made for lengths rather than values.
pub(super) struct Codes {
    /// For each `QUICK` bits: the code's length above, its symbol below; 0 where the code is longer.
    quick: Box<[u16; 1 << QUICK]>,
    /// For each length, the first code that is too large for it, left-aligned to 16 bits.
    limit: [u32; 17],
    /// For each length, what to add to a code to find its symbol.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Codes {
    /// Of a table as a DHT segment holds it. `None` where its codes do not fit.
    pub(super) fn new(table: &[u8]) -> Option<Self> {
        let (head, symbols) = table.split_first_chunk::<17>()?;
        let mut made = Self {
            quick: Box::new([0; 1 << QUICK]),
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut taken) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = u32::from(head[length as usize]);
            made.offset[length as usize] = i32::try_from(taken).ok()? - i32::try_from(code).ok()?;
            for _ in 0..count {
                let symbol = *symbols.get(taken)?;
                if length <= QUICK {
                    let first = (code << (QUICK - length)) as usize;
                    let entry = u16::try_from(length).ok()? << 8 | u16::from(symbol);
                    made.quick.get_mut(first..first + (1 << (QUICK - length)))?.fill(entry);
                }
                code += 1;
                taken += 1;
            }
            if code > 1 << length {
                return None;
            }
            made.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(made)
    }
}

/// A table of AC codes of sequential blocks, made to pass over them.
pub(super) struct Runs {
    codes: Codes,
    steps: Box<[Step; 1 << AT_ONCE]>,
}

/// What the next bits hold, as far as it ends in them: codes with their values, up to the last one that a block can have.
#[derive(Clone, Copy, Default)]
struct Step {
    /// 0 where there is no whole code.
    bits: u8,
    /// Coefficients before the last of these codes, and with it.
    before: u8,
    all: u8,
}

impl Runs {
    /// As [`Codes::new`].
    pub(super) fn new(table: &[u8]) -> Option<Self> {
        let codes = Codes::new(table)?;
        let mut steps = Box::new([Step::default(); 1 << AT_ONCE]);
        for (bits, step) in (0_u64..).zip(steps.iter_mut()) {
            *step = codes.step(bits << (64 - AT_ONCE))?;
        }
        Some(Self { codes, steps })
    }
}

impl Codes {
    /// What stands in the first bits of `buffer`.
    fn step(&self, buffer: u64) -> Option<Step> {
        let (mut bits, mut before, mut all) = (0, 0, 0);
        while bits < AT_ONCE && all < BLOCK {
            let [length, symbol] = self.quick[(buffer << bits >> (64 - QUICK)) as usize].to_be_bytes();
            let code = bits + u32::from(length);
            let end = code + u32::from(symbol & 15);
            // The values of the first alone may end behind them.
            if length == 0 || code > AT_ONCE || (end > AT_ONCE && bits > 0) {
                break;
            }
            (bits, before, all) = (end, all, all + coefficients(symbol));
        }
        let small = |number: u32| u8::try_from(number).ok();
        Some(Step { bits: small(bits)?, before: small(before)?, all: small(all)? })
    }
}

/// How far an AC symbol of a sequential block goes: F.2.2.2.
fn coefficients(symbol: u8) -> u32 {
    match symbol {
        0xF0 => 16,
        symbol if symbol & 15 == 0 => BLOCK,
        symbol => u32::from(symbol >> 4) + 1,
    }
}

/// The bits of one interval, without stuffing.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    buffer: u64,
    /// Bits in the buffer, at its top.
    held: u32,
}

/// The data ended early, or held no code.
pub(super) struct Short;

impl<'a> Bits<'a> {
    /// `data` ends where its interval does: every 0xFF in it is followed by 0.
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, held: 0 }
    }

    #[inline]
    fn fill(&mut self) {
        if self.held >= 32 {
            return;
        }
        if let Some(four) = self.data.get(self.at..self.at + 4)
            && let Ok(four) = <[u8; 4]>::try_from(four)
        {
            let word = u32::from_be_bytes(four);
            // No byte is 0xFF: none of the inverted ones is zero.
            let inverted = !word;
            if inverted.wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.buffer |= u64::from(word) << (32 - self.held);
                self.held += 32;
                self.at += 4;
                return;
            }
        }
        self.fill_slowly();
    }

    fn fill_slowly(&mut self) {
        while self.held <= 56 {
            let Some(&byte) = self.data.get(self.at) else { return };
            self.at += if byte == 0xFF { 2 } else { 1 };
            self.buffer |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
    }

    #[inline]
    fn drop(&mut self, bits: u32) -> Result<(), Short> {
        if bits > self.held {
            return Err(Short);
        }
        self.buffer <<= bits;
        self.held -= bits;
        Ok(())
    }

    /// The next symbol; its value's bits are passed over, where `value` says how many they are.
    #[inline]
    pub(super) fn symbol(&mut self, codes: &Codes, value: impl Fn(u8) -> u32) -> Result<u8, Short> {
        self.fill();
        let entry = codes.quick[(self.buffer >> (64 - QUICK)) as usize];
        let [length, symbol] = entry.to_be_bytes();
        if entry != 0 {
            self.drop(u32::from(length) + value(symbol))?;
            return Ok(symbol);
        }
        let next = u32::try_from(self.buffer >> 48).unwrap_or(0);
        let length = (QUICK + 1..=16).find(|&length| next < codes.limit[length as usize]).ok_or(Short)?;
        let code = i32::try_from(next >> (16 - length)).map_err(|_| Short)?;
        let at = usize::try_from(code + codes.offset[length as usize]).map_err(|_| Short)?;
        let symbol = *codes.symbols.get(at).ok_or(Short)?;
        self.drop(length + value(symbol))?;
        Ok(symbol)
    }

    /// Passes over a sequential block behind its first coefficient.
    #[inline]
    pub(super) fn rest_of_block(&mut self, runs: &Runs) -> Result<(), Short> {
        let mut at = 1;
        while at < BLOCK {
            self.fill();
            let step = runs.steps[(self.buffer >> (64 - AT_ONCE)) as usize];
            // What stands behind the last coefficient is the next block's.
            if step.bits != 0 && at + u32::from(step.before) < BLOCK {
                self.drop(step.bits.into())?;
                at += u32::from(step.all);
            } else {
                at += coefficients(self.symbol(&runs.codes, |symbol| u32::from(symbol & 15))?);
            }
        }
        Ok(())
    }

    /// A DC coefficient's difference from the one before: F.2.2.1.
    #[inline]
    pub(super) fn difference(&mut self, codes: &Codes) -> Result<i32, Short> {
        let size = u32::from(self.symbol(codes, |_| 0)? & 15);
        let number = self.number(size)?.cast_signed();
        let negative = size > 0 && number >> (size - 1) == 0;
        Ok(if negative { number + 1 - (1 << size) } else { number })
    }

    /// Up to 16 bits as a number.
    #[inline]
    pub(super) fn number(&mut self, bits: u32) -> Result<u32, Short> {
        if bits == 0 {
            return Ok(0);
        }
        self.fill();
        let number = self.buffer >> (64 - bits);
        self.drop(bits)?;
        u32::try_from(number).map_err(|_| Short)
    }

    /// Where the byte ends from which the last bit came.
    pub(super) fn end(&self) -> usize {
        let mut at = self.at.min(self.data.len());
        for _ in 0..self.held / 8 {
            let stuffed = at >= 2 && self.data[at - 1] == 0 && self.data[at - 2] == 0xFF;
            at -= if stuffed { 2 } else { 1 };
        }
        at
    }
}
