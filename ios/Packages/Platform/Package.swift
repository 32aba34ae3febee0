// swift-tools-version: 6.0
import PackageDescription

// Apple's frameworks. On Linux they are stubs of exactly what is used: then this package is checked, and never run.
#if os(Linux)
let stubs: [Package.Dependency] = [.package(path: "../Stubs")]
let frameworks: [Target.Dependency] = [.product(name: "Frameworks", package: "Stubs")]
#else
let stubs: [Package.Dependency] = []
let frameworks: [Target.Dependency] = []
#endif

let package = Package(
    name: "GauzePlatform",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "GauzePlatform", targets: ["GauzePlatform"])],
    dependencies: [.package(path: "../Logic")] + stubs,
    targets: [
        .target(name: "GauzePlatform", dependencies: [.product(name: "GauzeLogic", package: "Logic")] + frameworks),
    ],
    swiftLanguageModes: [.v6]
)
