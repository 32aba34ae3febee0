// swift-tools-version: 6.0
import PackageDescription

// Foundation and Swift's own libraries alone: what is here is compiled and tested on Linux.
let package = Package(
    name: "GauzeLogic",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "GauzeLogic", targets: ["GauzeLogic"])],
    targets: [
        .target(name: "GauzeLogic"),
        .testTarget(name: "GauzeLogicTests", dependencies: ["GauzeLogic"]),
    ],
    swiftLanguageModes: [.v6]
)
