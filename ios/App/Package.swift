// swift-tools-version: 6.0
import PackageDescription

// The app's sources, checked by Swift's compiler on Linux against ../Packages/Stubs. The app itself is built by Xcode, from
// project.json.
let package = Package(
    name: "GauzeApp",
    defaultLocalization: "en",
    platforms: [.iOS(.v17)],
    dependencies: [
        .package(path: "../Packages/Logic"), .package(path: "../Packages/Platform"), .package(path: "../Packages/Bridge"),
        .package(path: "../Packages/Stubs"),
    ],
    targets: [
        .target(
            name: "GauzeApp",
            dependencies: [
                .product(name: "GauzeLogic", package: "Logic"), .product(name: "GauzePlatform", package: "Platform"),
                .product(name: "GauzeAdapter", package: "Bridge"), .product(name: "Frameworks", package: "Stubs"),
            ],
            path: "Sources"
        ),
        .target(
            name: "GauzeLockedCamera", dependencies: [.product(name: "Frameworks", package: "Stubs")], path: "LockedCamera",
            exclude: ["Info.plist"]
        ),
        .target(
            name: "GauzeControl", dependencies: [.product(name: "Frameworks", package: "Stubs")], path: "Control",
            exclude: ["Info.plist"]
        ),
        .testTarget(
            name: "ProjectTests",
            dependencies: [
                .product(name: "GauzeLogic", package: "Logic"), .product(name: "GauzePlatform", package: "Platform"),
                .product(name: "Frameworks", package: "Stubs"),
            ],
            path: "Tests"
        ),
    ],
    swiftLanguageModes: [.v6]
)
