//! Huffman codes and bits of entropy-coded data (ITU-T T.81, annex F.2.2).

/// Codes up to this length are found in one step.
const QUICK: u32 = 10;

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
