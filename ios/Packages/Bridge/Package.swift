// swift-tools-version: 6.0
import PackageDescription

// The library itself is not here: `cargo xtask swift-package` copies this package and puts it beside, for macOS and
// Linux; `cargo xtask package ios` makes the XCFramework for phones.
let package = Package(
    name: "GauzeBridge",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "GauzeBridge", targets: ["GauzeBridge"])],
    dependencies: [
        // Only the tests: P-256 where there is no Secure Enclave.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "3.12.0"),
    ],
    targets: [
        .target(name: "GauzeCoreFFI", linkerSettings: [.linkedLibrary("gauze")]),
        .target(name: "GauzeCore", dependencies: ["GauzeCoreFFI"]),
        .target(name: "GauzeBridge", dependencies: ["GauzeCore"]),
        .testTarget(
            name: "GauzeBridgeTests",
            dependencies: ["GauzeBridge", .product(name: "Crypto", package: "swift-crypto")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
