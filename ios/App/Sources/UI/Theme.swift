import SwiftUI

/// The colours of docs/look.md, which has their contrast.
struct Tones: Sendable {
    let surface: Color
    let raised: Color
    let ink: Color
    let muted: Color
    let line: Color
    let primary: Color
    let onPrimary: Color
    let danger: Color
    let warning: Color
    let good: Color

    static let light = Tones(
        surface: rgb(0xFFFFFF), raised: rgb(0xF3F6F8), ink: rgb(0x16202A), muted: rgb(0x4A5763), line: rgb(0x7A8794),
        primary: rgb(0x00594F), onPrimary: rgb(0xFFFFFF), danger: rgb(0xA3121F), warning: rgb(0x7A4B00), good: rgb(0x00622F)
    )
    static let dark = Tones(
        surface: rgb(0x11181E), raised: rgb(0x1B242C), ink: rgb(0xE9EEF2), muted: rgb(0xAEBAC4), line: rgb(0x71808D),
        primary: rgb(0x63D2C0), onPrimary: rgb(0x11181E), danger: rgb(0xFF8F94), warning: rgb(0xF5B94A), good: rgb(0x6FD996)
    )

    static func of(_ scheme: ColorScheme) -> Tones { scheme == .dark ? dark : light }

    /// What photos are looked at against: skin is judged against grey.
    static let viewing = rgb(0x8A8A8A)

    private static func rgb(_ value: Int) -> Color {
        Color(red: Double(value >> 16) / 255, green: Double(value >> 8 & 0xff) / 255, blue: Double(value & 0xff) / 255)
    }
}
