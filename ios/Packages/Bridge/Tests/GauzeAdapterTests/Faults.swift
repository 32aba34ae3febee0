import CTestKeys

/// What the core of the tests, built with `--features faults`, can be asked to suffer: all of its clients at once.
enum Faults {
    private static let day: Int64 = 86_400

    /// UniFFI's status of a call, with room to spare: nothing but a panic writes there.
    private static func call(_ entry: (UnsafeMutableRawPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { status in
            status.initializeMemory(as: UInt8.self, repeating: 0)
            if let base = status.baseAddress { entry(base) }
        }
    }

    /// No photo and no small file fits on the phone.
    @MainActor
    static func diskFull(_ meanwhile: () async throws -> Void) async throws {
        call { uniffi_gauze_fn_func_set_disk_full(1, $0) }
        defer { call { uniffi_gauze_fn_func_set_disk_full(0, $0) } }
        try await meanwhile()
    }

    /// The phone's clock is so many days ahead; behind where they are fewer than none.
    @MainActor
    static func clockWrong(days: Int64, _ meanwhile: () async throws -> Void) async throws {
        call { uniffi_gauze_fn_func_set_clock_wrong(days * day, $0) }
        defer { call { uniffi_gauze_fn_func_set_clock_wrong(0, $0) } }
        try await meanwhile()
    }
}
