// Versions come from pom.xml, the one list that Maven builds with.
import javax.xml.parsers.DocumentBuilderFactory
import org.w3c.dom.Node

buildscript {
    val pom = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file("pom.xml")).documentElement
    val texts = { node: Node -> node.childNodes.let { (0 until it.length).map(it::item) }.associate { it.nodeName to it.textContent } }
    // The app's own version stands beside the list, under the name that Maven has for it.
    val versions = texts(pom.getElementsByTagName("properties").item(0)) + ("project.version" to texts(pom).getValue("version"))
    extra["versions"] = versions
    repositories { google(); mavenCentral() }
    dependencies {
        classpath("com.android.tools.build:gradle:${versions["android.gradle.plugin"]}")
        classpath("org.jetbrains.kotlin:kotlin-gradle-plugin:${versions["kotlin.version"]}")
        classpath("org.jetbrains.kotlin:compose-compiler-gradle-plugin:${versions["kotlin.version"]}")
    }
}

@Suppress("UNCHECKED_CAST")
val versions = extra["versions"] as Map<String, String>

fun version(name: String): String = versions.getValue(name)

project(":logic") {
    apply(plugin = "org.jetbrains.kotlin.jvm")
    dependencies {
        "implementation"("org.jetbrains.kotlinx:kotlinx-coroutines-core:${version("coroutines.version")}")
        "testImplementation"("org.junit.jupiter:junit-jupiter:${version("jupiter.version")}")
    }
    tasks.withType<Test> {
        useJUnitPlatform()
        systemProperty("gauze.root", rootDir.resolve(".."))
    }
}

project(":bridge") {
    apply(plugin = "org.jetbrains.kotlin.jvm")
    dependencies {
        "implementation"(project(":logic"))
        "implementation"("org.jetbrains.kotlinx:kotlinx-coroutines-core:${version("coroutines.version")}")
        "compileOnly"("net.java.dev.jna:jna:${version("jna.version")}")
        "testImplementation"("net.java.dev.jna:jna:${version("jna.version")}")
        "testImplementation"("org.junit.jupiter:junit-jupiter:${version("jupiter.version")}")
    }
    tasks.withType<Test> {
        useJUnitPlatform()
        systemProperty("jna.library.path", rootDir.resolve("../target/debug"))
    }
}

fun Project.android(name: String) {
    extensions.configure<com.android.build.api.dsl.CommonExtension>("android") {
        namespace = name
        compileSdk = version("android.targetSdk").toInt()
        defaultConfig.minSdk = version("android.minSdk").toInt()
        testOptions.unitTests.isIncludeAndroidResources = true
    }
    dependencies {
        "implementation"(project(":logic"))
        "testImplementation"("org.robolectric:robolectric:${version("robolectric.version")}")
        "testImplementation"("androidx.test:core:${version("androidx.test.version")}")
        "testImplementation"("androidx.work:work-testing:${version("work.version")}")
        "testImplementation"("junit:junit:${version("junit.version")}")
    }
    tasks.withType<Test> {
        systemProperty("gauze.root", rootDir.resolve(".."))
        systemProperty("jna.library.path", rootDir.resolve("../target/debug"))
    }
}

project(":platform") {
    apply(plugin = "com.android.library")
    android("org.gauze.platform")
    dependencies {
        "implementation"("androidx.core:core:${version("core.version")}")
        "implementation"("androidx.work:work-runtime:${version("work.version")}")
        "implementation"("com.google.zxing:core:${version("zxing.version")}")
    }
}

project(":app") {
    apply(plugin = "com.android.application")
    apply(plugin = "org.jetbrains.kotlin.plugin.compose")
    android("org.gauze.app")
    extensions.configure<com.android.build.api.dsl.ApplicationExtension>("android") {
        buildFeatures.compose = true
        defaultConfig {
            applicationId = "org.gauze.app"
            targetSdk = version("android.targetSdk").toInt()
            versionCode = version("android.versionCode").toInt()
            versionName = version("project.version")
        }
        buildTypes.getByName("release") {
            isMinifyEnabled = true
            proguardFiles("proguard.pro")
        }
        sourceSets.getByName("main").jniLibs.srcDir("../../target/android/jniLibs")
    }
    dependencies {
        "implementation"(project(":bridge"))
        "implementation"(project(":platform"))
        "implementation"("androidx.activity:activity-compose:${version("activity.version")}")
        "implementation"("androidx.compose.material3:material3:${version("material3.version")}")
        "implementation"("androidx.compose.ui:ui:${version("compose.version")}")
        "implementation"("androidx.lifecycle:lifecycle-runtime-compose:${version("lifecycle.version")}")
        "implementation"("androidx.work:work-runtime:${version("work.version")}")
        "implementation"("net.java.dev.jna:jna:${version("jna.version")}@aar")
        "testImplementation"("net.java.dev.jna:jna:${version("jna.version")}")
        "testImplementation"("androidx.compose.ui:ui-test-junit4:${version("compose.version")}")
        "testImplementation"("com.google.zxing:core:${version("zxing.version")}")
        "debugImplementation"("androidx.compose.ui:ui-test-manifest:${version("compose.version")}")
    }
}
