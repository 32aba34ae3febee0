import Foundation

/// A JPEG in memory of its own, on no disk, that is overwritten when it is done with.
public final class Picture: @unchecked Sendable, Unspoken {
    // Guarded by the lock: that is what makes it safe to share.
    private let lock = NSLock()
    private var bytes: [UInt8]
    private var overwritten = false

    public init(_ jpeg: Data) {
        bytes = [UInt8](jpeg)
    }

    deinit {
        overwrite()
    }

    /// The bytes, which `body` may not keep: they are borrowed for the call.
    public func read<Answer>(_ body: (Data) throws -> Answer) rethrows -> Answer {
        try lock.withLock {
            try bytes.withUnsafeMutableBytes { memory in
                guard let start = memory.baseAddress, !memory.isEmpty else { return try body(Data()) }
                return try body(Data(bytesNoCopy: start, count: memory.count, deallocator: .none))
            }
        }
    }

    /// It was done with.
    public var gone: Bool { lock.withLock { overwritten } }

    public func overwrite() {
        lock.withLock {
            overwritten = true
            bytes.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
        }
    }
}
