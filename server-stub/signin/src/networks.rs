//! Which addresses are the hospital's own.

use std::net::IpAddr;
use std::str::FromStr;

use gauze_people::acting::Network;

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    base: u128,
    mask: u128,
    v4: bool,
}

/// Not a block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no block of addresses such as 10.0.0.0/8, or it has bits behind its prefix")]
pub struct NotABlock;

fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    }
}

impl FromStr for Block {
    type Err = NotABlock;

    fn from_str(text: &str) -> Result<Self, NotABlock> {
        let (address, prefix) = text.split_once('/').ok_or(NotABlock)?;
        let address: IpAddr = address.parse().map_err(|_| NotABlock)?;
        let prefix: u32 = prefix.parse().map_err(|_| NotABlock)?;
        let (base, width) = number(address);
        let free = width.checked_sub(prefix).ok_or(NotABlock)?;
        let all = u128::MAX >> (128 - width);
        let mask = all & u128::MAX.checked_shl(free).unwrap_or(0);
        if base & !mask != 0 {
            return Err(NotABlock);
        }
        Ok(Self { base, mask, v4: address.is_ipv4() })
    }
}

impl Block {
    fn holds(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.v4 && number(address).0 & self.mask == self.base
    }
}

/// Where an address lies. An IPv4 address that comes mapped into IPv6 counts as itself.
pub fn network(blocks: &[Block], address: IpAddr) -> Network {
    let address = address.to_canonical();
    if blocks.iter().any(|block| block.holds(address)) { Network::Inside } else { Network::Outside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_inside_by_its_prefix_alone() {
        let blocks: Vec<Block> =
            ["10.0.0.0/8", "192.168.7.0/24", "fd00::/8"].iter().map(|text| text.parse().unwrap()).collect();
        for (address, expected) in [
            ("10.255.0.1", Network::Inside),
            ("11.0.0.1", Network::Outside),
            ("192.168.7.255", Network::Inside),
            ("192.168.8.0", Network::Outside),
            ("::ffff:10.1.2.3", Network::Inside),
            ("fd12::1", Network::Inside),
            ("fe80::1", Network::Outside),
            ("::a00:1", Network::Outside),
        ] {
            assert_eq!(network(&blocks, address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in ["10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "x/8", "10.0.0.0/", "::/129", "10.0.0.0/-1"] {
            assert_eq!(text.parse::<Block>(), Err(NotABlock), "{text}");
        }
        assert!("0.0.0.0/0".parse::<Block>().is_ok() && "::/0".parse::<Block>().is_ok());
    }
}
