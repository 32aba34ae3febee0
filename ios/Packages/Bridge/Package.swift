// swift-tools-version: 6.0
import PackageDescription

// The library itself is not here: whoever builds says where it is (`-Xlinker -L…`), and `cargo xtask swift-package` makes
// a copy of this package that has it beside.
let package = Package(
    name: "GauzeBridge",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "GauzeBridge", targets: ["GauzeBridge"]),
        .library(name: "GauzeAdapter", targets: ["GauzeAdapter"]),
    ],
    dependencies: [.package(path: "../Logic")],
    targets: [
        .target(name: "GauzeCoreFFI", linkerSettings: [.linkedLibrary("gauze")]),
        .target(name: "GauzeCore", dependencies: ["GauzeCoreFFI"]),
        .target(name: "GauzeBridge", dependencies: ["GauzeCore"]),
        // The core as the app's logic sees it: the only thing of this package that an app imports.
        .target(name: "GauzeAdapter", dependencies: ["GauzeBridge", .product(name: "GauzeLogic", package: "Logic")]),
        // P-256 for tests: CryptoKit's, or the same names over libcrypto where there is no CryptoKit.
        .target(
            name: "CTestKeys", path: "Tests/CTestKeys",
            linkerSettings: [.linkedLibrary("crypto", .when(platforms: [.linux]))]
        ),
        .target(name: "TestKeys", dependencies: ["CTestKeys"], path: "Tests/TestKeys"),
        .testTarget(name: "GauzeBridgeTests", dependencies: ["GauzeBridge", "GauzeCoreFFI", "CTestKeys", "TestKeys"]),
        .testTarget(name: "GauzeAdapterTests", dependencies: ["GauzeAdapter", "CTestKeys", "TestKeys"]),
    ],
    swiftLanguageModes: [.v6]
)
