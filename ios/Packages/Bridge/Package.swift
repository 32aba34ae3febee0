// swift-tools-version: 6.0
import PackageDescription

// The library itself is not here: whoever builds says where it is (`-Xlinker -L…`), and `cargo xtask swift-package` makes
// a copy of this package that has it beside.
let package = Package(
    name: "GauzeBridge",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "GauzeBridge", targets: ["GauzeBridge"])],
    targets: [
        .target(name: "GauzeCoreFFI", linkerSettings: [.linkedLibrary("gauze")]),
        .target(name: "GauzeCore", dependencies: ["GauzeCoreFFI"]),
        .target(name: "GauzeBridge", dependencies: ["GauzeCore"]),
        // P-256 for tests: CryptoKit's, or the same names over libcrypto where there is no CryptoKit.
        .target(
            name: "CTestKeys", path: "Tests/CTestKeys",
            linkerSettings: [.linkedLibrary("crypto", .when(platforms: [.linux]))]
        ),
        .target(name: "TestKeys", dependencies: ["CTestKeys"], path: "Tests/TestKeys"),
        .testTarget(name: "GauzeBridgeTests", dependencies: ["GauzeBridge", "GauzeCoreFFI", "CTestKeys", "TestKeys"]),
    ],
    swiftLanguageModes: [.v6]
)
