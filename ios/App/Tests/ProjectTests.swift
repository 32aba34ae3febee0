import Foundation
import Testing

private let app = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
private let repository = app.deletingLastPathComponent().deletingLastPathComponent()

func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
}

private func plist(_ name: String) throws -> [String: Any] {
    let read = try PropertyListSerialization.propertyList(from: Data(contentsOf: app.appendingPathComponent(name)), format: nil)
    return try #require(read as? [String: Any])
}

/// Every Swift source under `path`, by its path below it.
private func sources(_ path: String) throws -> [String: String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: repository.appendingPathComponent(path).path)
    return try Dictionary(uniqueKeysWithValues: names.filter { $0.hasSuffix(".swift") }.map { ($0, try text("\(path)/\($0)")) })
}

/// What Xcode is given, as far as a program can judge it without Xcode.
@Suite struct ProjectTests {
    private let project: [String: Any]
    private let target: [String: Any]

    init() throws {
        let read = try JSONSerialization.jsonObject(with: Data(contentsOf: app.appendingPathComponent("project.json")))
        project = try #require(read as? [String: Any])
        target = try #require((project["targets"] as? [String: Any])?["Gauze"] as? [String: Any])
    }

    @Test func everythingTheProjectNamesIsThere() throws {
        let settings = try #require(target["settings"] as? [String: String])
        let named = [settings["INFOPLIST_FILE"], settings["CODE_SIGN_ENTITLEMENTS"]].compactMap { $0 }
        let sources = try #require(target["sources"] as? [String])
        let made = "../../target/ios/licences.txt"
        let files = sources.filter { $0 != made } + named
        for file in files { #expect(FileManager.default.fileExists(atPath: app.appendingPathComponent(file).path), "\(file)") }
        let packages = try #require(project["packages"] as? [String: [String: String]])
        for dependency in try #require(target["dependencies"] as? [[String: Any]]) {
            guard let name = dependency["package"] as? String, let product = dependency["product"] as? String else { continue }
            let path = try #require(packages[name]?["path"])
            let manifest = try text("ios/App/\(path)/Package.swift")
            #expect(manifest.contains(".library(name: \"\(product)\""), "\(name) has no \(product)")
        }
        // What is linked asks for its notice: `package` writes them where the project has them from and the app looks for them.
        #expect(sources.contains(made))
        #expect(try text("xtask/src/package.rs").contains("\"ios/licences.txt\""))
        #expect(try text("ios/App/Sources/AppGraph.swift").contains("forResource: \"licences\", withExtension: \"txt\""))
        #expect(try text("ios/App/specfile.xml").contains("<bundleId>\(settings["PRODUCT_BUNDLE_IDENTIFIER"] ?? "")</bundleId>"))
        let common = try #require(project["settings"] as? [String: String])
        #expect(common["SWIFT_VERSION"] == "6.0" && common["SWIFT_STRICT_CONCURRENCY"] == "complete")
    }

    @Test func theExtensionsAreDoorsWithoutEntitlements() throws {
        let targets = try #require(project["targets"] as? [String: [String: Any]])
        let points = [
            "GauzeLockedCamera": ("extensionkit-extension", "EXAppExtensionAttributes", "EXExtensionPointIdentifier", "com.apple.securecapture"),
            "GauzeControl": ("app-extension", "NSExtension", "NSExtensionPointIdentifier", "com.apple.widgetkit-extension"),
        ]
        #expect(Set(targets.keys) == Set(points.keys).union(["Gauze"]))
        let embedded = try #require(target["dependencies"] as? [[String: Any]]).compactMap { $0["target"] as? String }
        #expect(Set(embedded) == Set(points.keys))
        for (name, (type, table, key, point)) in points {
            let settings = try #require(targets[name]?["settings"] as? [String: String])
            #expect(targets[name]?["type"] as? String == type)
            #expect(targets[name]?["deploymentTarget"] as? String == "18.0")
            #expect(settings["PRODUCT_BUNDLE_IDENTIFIER"]?.hasPrefix("org.gauze.app.") == true, "an extension's begins with the app's")
            #expect(settings["CODE_SIGN_ENTITLEMENTS"] == nil, "no group, no keychain, no attestation")
            let info = try plist(try #require(settings["INFOPLIST_FILE"]))
            #expect((info[table] as? [String: String])?[key] == point)
            // By this one file the system knows that they belong together.
            let sources = try #require(targets[name]?["sources"] as? [String])
            #expect(sources.contains("Control/OpenCamera.swift") || sources == ["Control"])
        }
        #expect((target["sources"] as? [String])?.contains("Control/OpenCamera.swift") == true)
    }

    @Test func theAppAsksForTheCameraWhoIsThereAndInUseForThePlaceAndForNothingElse() throws {
        let info = try plist("Info.plist")
        let asked = info.keys.filter { $0.hasSuffix("UsageDescription") }.sorted()
        #expect(asked == ["NSCameraUsageDescription", "NSFaceIDUsageDescription", "NSLocationWhenInUseUsageDescription"])
        let loose = ["UIFileSharingEnabled", "LSSupportsOpeningDocumentsInPlace", "CFBundleDocumentTypes"]
        #expect(loose.filter { info[$0] != nil } == [])
        #expect(info["UIBackgroundModes"] as? [String] == ["processing"])
        let tasks = try #require(info["BGTaskSchedulerPermittedIdentifiers"] as? [String])
        let uploads = try text("ios/Packages/Platform/Sources/GauzePlatform/Upload/Retries.swift")
        #expect(tasks.allSatisfy { uploads.contains("\"\($0)\"") })
    }

    @Test func entitlementsAreTwo() throws {
        let entitlements = try plist("Gauze.entitlements")
        #expect(entitlements["com.apple.developer.default-data-protection"] as? String == "NSFileProtectionComplete")
        #expect(entitlements["com.apple.developer.devicecheck.appattest-environment"] as? String == "production")
        #expect(entitlements.count == 2)
    }

    @Test func thePrivacyManifestSaysWhatIsCollectedAndWhy() throws {
        let privacy = try plist("PrivacyInfo.xcprivacy")
        #expect(privacy["NSPrivacyTracking"] as? Bool == false)
        let collected = try #require(privacy["NSPrivacyCollectedDataTypes"] as? [[String: Any]])
        #expect(collected.count == 2 && collected.allSatisfy { $0["NSPrivacyCollectedDataTypeTracking"] as? Bool == false })
        let used = try #require(privacy["NSPrivacyAccessedAPITypes"] as? [[String: Any]])
        #expect(used.allSatisfy { !(($0["NSPrivacyAccessedAPITypeReasons"] as? [String]) ?? []).isEmpty })
        let defaults = used.first { $0["NSPrivacyAccessedAPIType"] as? String == "NSPrivacyAccessedAPICategoryUserDefaults" }
        #expect(defaults?["NSPrivacyAccessedAPITypeReasons"] as? [String] == ["AC6B.1"], "managed configuration, and nothing kept")
    }
}

/// What holds of every source.
@Suite struct SourceTests {
    private let parts: [String: [String: String]]

    init() throws {
        parts = [
            "logic": try sources("ios/Packages/Logic/Sources"), "platform": try sources("ios/Packages/Platform/Sources"),
            "bridge": try sources("ios/Packages/Bridge/Sources"), "app": try sources("ios/App/Sources"),
        ]
    }

    private func naming(_ part: String, _ words: String...) -> [String] {
        (parts[part] ?? [:]).filter { file in words.contains { file.value.contains($0) } }.map(\.key).sorted()
    }

    private func imports(_ part: String) -> Set<String> {
        Set((parts[part] ?? [:]).values.flatMap { $0.matches(of: /(?m)^(?:@\w+ )?import (\w+)$/).map { String($0.1) } })
    }

    @Test func onlyTheBridgeImportsGeneratedCodeAndLogicNothingOfApples() {
        #expect(imports("logic") == ["Foundation"])
        #expect(imports("app").isDisjoint(with: ["GauzeCore", "GauzeBridge", "GauzeCoreFFI"]))
        #expect(imports("platform").isDisjoint(with: ["GauzeCore", "GauzeBridge", "GauzeAdapter"]))
    }

    /// With App Transport Security no authority but the system's is believed, whatever the app answers. What it asks besides,
    /// the one session asks for itself.
    @Test func theOneSessionMayBelieveTheHospitalsAuthorityAndAsksForTlsItself() throws {
        #expect(try plist("Info.plist")["NSAppTransportSecurity"] as? [String: Bool] == ["NSAllowsArbitraryLoads": true])
        for part in parts.keys {
            let speaking = naming(part, "URLSession(", "URLSession.shared", "NWConnection", "WebView", "CFStream", "NSURLConnection")
            #expect(speaking == (part == "platform" ? ["GauzePlatform/Upload/Uploads.swift"] : []), "\(part)")
        }
        let uploads = try #require(parts["platform"]?["GauzePlatform/Upload/Uploads.swift"])
        for once in ["URLSession(", "tlsMinimumSupportedProtocolVersion = .TLSv12", ".useCredential"] {
            #expect(uploads.components(separatedBy: once).count == 2, "\(once)")
        }
    }

    @Test func noGalleryNoPasteboardNoLogAndNoPictureInAFile() {
        for part in parts.keys where part != "bridge" {
            let outside = naming(part, "import Photos", "PHPhotoLibrary", "UIPasteboard", "UIImagePicker", "UIActivityViewController")
            #expect(outside == [], "\(part)")
            #expect(naming(part, "print(", "NSLog", "os_log", "Logger(") == [], "\(part)")
            #expect(naming(part, ".write(to", "createFile(", "NSUserActivity(", ": NSUserActivity") == [], "\(part)")
            #expect(naming(part, "try!", "as!", "fatalError", "preconditionFailure") == [], "\(part)")
        }
    }

    @Test func theDoorFromTheLockedScreenTakesNothingAndKeepsNothing() throws {
        let door = try sources("ios/App/LockedCamera").merging(try sources("ios/App/Control")) { one, _ in one }
        #expect(Set(door.keys) == ["LockedCamera.swift", "CameraControl.swift", "OpenCamera.swift"])
        let imported = Set(door.values.flatMap { $0.matches(of: /(?m)^import (\w+)$/).map { String($0.1) } })
        #expect(imported == ["AppIntents", "AVFoundation", "AVKit", "LockedCameraCapture", "SwiftUI", "UIKit", "WidgetKit"])
        let forbidden = [
            "addOutput", "PhotoOutput", "MovieFileOutput", "VideoDataOutput", "MetadataOutput", "sessionContentURL", "FileManager",
            "write(", "URLSession", "UserDefaults", "appContext", "updateAppContext", "ImagePicker", "print(", "try!",
        ]
        for (file, source) in door { #expect(forbidden.filter { source.contains($0) } == [], "\(file)") }
    }

    /// What was left open may be another patient's, and whoever comes through the door has not said whose photo it is.
    @Test func bothDoorsLeadToTheFirstScreenWhateverWasLeftOpen() throws {
        let app = parts["app"]?["GauzeApp.swift"] ?? ""
        #expect(app.contains(".doors { screens?.back() }"))
        #expect(app.contains("onContinueUserActivity(NSUserActivityTypeLockedCameraCapture) { _ in opened() }"))
        #expect(app.contains("for await _ in ControlPresses().heard() { opened() }"))
        let screens = parts["app"]?["Screens.swift"] ?? ""
        #expect(screens.contains("func back() {\n        journey.open(.patient)\n    }"), "`journey.json` says where that leads")
        let door = try text("ios/App/LockedCamera/LockedCamera.swift")
        #expect(door.contains("openApplication(for: NSUserActivity(activityType: NSUserActivityTypeLockedCameraCapture))"))
        let name = #/Notification\.Name\("([a-z.-]+)"\)/#
        let said = try text("ios/App/Control/OpenCamera.swift").matches(of: name).map { String($0.1) }
        let heard = (parts["platform"]?["GauzePlatform/ControlPresses.swift"] ?? "").matches(of: name).map { String($0.1) }
        #expect(said == ["org.gauze.app.open-camera"] && said == heard)
    }

    @Test func whoeverSwitchesTheCompilersCheckOffSaysWhyBesideIt() {
        for (part, files) in parts where part != "bridge" {
            for (file, source) in files {
                let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
                for (at, line) in lines.enumerated() where line.contains("@unchecked Sendable") && line.contains("class") {
                    let reason = lines[at...].dropFirst().first ?? ""
                    #expect(reason.contains("//"), "\(part)/\(file):\(at + 1)")
                }
                #expect(lines.count <= 400, "\(part)/\(file)")
            }
        }
    }

    /// A refusal says to go to one of the hospital's places: which these are has to stay on the screen.
    @Test func aRefusalLeavesTheNameOfThePlaceOnTheScreen() {
        let camera = parts["app"]?["UI/CameraView.swift"] ?? ""
        let below = "below: some View {\n        Said(state.problem)\n        if state.outside != state.problem { Said(state.outside, .warning) }\n"
        #expect(camera.contains(below), "`camera.json` says that one of them names it")
    }

    /// In gloves the phone's own keys take the photo; anywhere else they are the system's.
    @Test func aVolumeKeyTakesAPhotoWhereTheCameraIsShownAndNowhereElse() {
        #expect(naming("app", "AVCaptureEventInteraction") == ["Viewfinder.swift"])
        #expect(naming("app", "pressed: pressed") == ["TakePhoto.swift"])
        #expect(parts["app"]?["TakePhoto.swift"]?.contains("viewfinder { send(.shoot) }") == true)
    }

    /// Parts of the room around the finder are no part of what the sensor sees.
    @Test func aTapIsMeasuredOnTheFinderAndNotOnTheRoomAroundIt() {
        let camera = parts["app"]?["UI/CameraView.swift"] ?? ""
        #expect(camera.components(separatedBy: "SpatialTapGesture").count == 2)
        #expect(camera.contains("viewfinder\n                    .overlay") && camera.contains(".overlay { Touched {"))
        #expect(camera.contains("tell(tap.location.x / finder.size.width, tap.location.y / finder.size.height)"))
    }

    @Test func everyScreenOfAndroidsHasItsViewHere() throws {
        let kotlin = try FileManager.default.subpathsOfDirectory(
            atPath: repository.appendingPathComponent("android/app/src/main/kotlin/org/gauze/app").path
        ).filter { $0.hasSuffix(".kt") }.map { try text("android/app/src/main/kotlin/org/gauze/app/\($0)") }.joined()
        let theirs = Set(kotlin.matches(of: /(?m)^fun (\w+View)\(/).map { String($0.1) })
        let swift = (parts["app"] ?? [:]).values.joined()
        let ours = Set(swift.matches(of: /(?m)^struct (\w+View)\b/).map { String($0.1) })
        #expect(theirs.count >= 14)
        #expect(theirs.subtracting(ours) == [])
    }

    @Test func viewsSayEverySentenceThatAndroidsViewsSay() throws {
        let path = "android/app/src/main/kotlin/org/gauze/app/ui"
        let kotlin = try FileManager.default.contentsOfDirectory(atPath: repository.appendingPathComponent(path).path)
            .map { try text("\(path)/\($0)") }.joined()
        let swift = (parts["app"] ?? [:]).values.joined()
        let said = Set(kotlin.matches(of: /Word\.([A-Z]\w+)/).map { $0.1.prefix(1).lowercased() + $0.1.dropFirst() })
        #expect(said.count > 80)
        #expect(said.filter { !swift.contains(".\($0)") } == [])
    }
}
