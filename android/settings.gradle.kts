// For Android Studio: the same sources as Maven builds, unchanged. Not run on any machine yet; docs/testing.md says so.
pluginManagement { repositories { google(); mavenCentral(); gradlePluginPortal() } }
dependencyResolutionManagement { repositories { google(); mavenCentral() } }
rootProject.name = "gauze"
include("bridge", "logic", "platform", "app")
