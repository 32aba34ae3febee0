package org.gauze.app

import java.io.File
import java.util.Properties
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element

/** The manifest as it is shipped, libraries' parts merged in. Whatever comes in with a library has to be let in here. */
class ManifestTest {
    private val manifest: Element by lazy {
        val tests = Properties().apply { load(ManifestTest::class.java.getResourceAsStream("/com/android/tools/test_config.properties")) }
        // Of the tests' manifest, which adds an activity for pictures; the shipped one lies beside it.
        val shipped = File(tests.getProperty("android_merged_manifest")).parentFile.resolveSibling("AndroidManifest.xml")
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(shipped).documentElement
    }

    private fun all(tag: String): List<Element> =
        manifest.getElementsByTagName(tag).let { list -> (0 until list.length).map { list.item(it) as Element } }

    private fun Element.android(name: String): String = getAttribute("android:$name")

    @Test
    fun permissions_are_these_and_no_others() {
        // Both of position, since Android 12 gives the fine one to nobody who does not ask for the coarse one too; the core's
        // fences alone want them, while a screen is shown. None for the background.
        val allowed = listOf(
            "ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION",
            "CAMERA", "INTERNET", "ACCESS_NETWORK_STATE", "POST_NOTIFICATIONS", "RUN_USER_INITIATED_JOBS",
            "RECEIVE_BOOT_COMPLETED", "USE_BIOMETRIC", "WAKE_LOCK", "FOREGROUND_SERVICE",
        ).map { "android.permission.$it" } + "org.gauze.app.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION"
        assertEquals(allowed.sorted(), all("uses-permission").map { it.android("name") }.distinct().sorted())
    }

    @Test
    fun only_the_launcher_and_the_camera_over_the_lock_screen_are_exported() {
        val components = listOf("activity", "activity-alias", "service", "receiver", "provider").flatMap(::all)
        val open = components.filter { it.android("exported") == "true" && it.android("permission").isEmpty() }
        assertEquals(listOf("org.gauze.app.MainActivity", "org.gauze.app.LockedCameraActivity"), open.map { it.android("name") })
        val guarded = components.filter { it.android("exported") == "true" }.map { it.android("permission") }.filter { it.isNotEmpty() }
        assertTrue(guarded.toString(), guarded.all { it == "android.permission.BIND_JOB_SERVICE" || it == "android.permission.DUMP" })
        assertTrue(components.none { it.android("exported").isEmpty() && it.getElementsByTagName("intent-filter").length > 0 })
    }

    @Test
    fun no_window_is_made_anew_by_what_a_hand_or_a_setting_changes() {
        val own = all("activity").filter { it.android("name").startsWith("org.gauze.app.") }
        assertEquals(2, own.size)
        val kept = setOf(
            "orientation", "screenSize", "smallestScreenSize", "screenLayout", "keyboard", "keyboardHidden", "navigation", "uiMode",
            "density", "fontScale", "locale", "layoutDirection",
        )
        own.forEach { assertEquals(it.android("name"), kept, it.android("configChanges").split("|").toSet()) }
    }

    @Test
    fun nothing_is_backed_up_debuggable_or_in_the_clear() {
        val app = all("application").single()
        assertEquals(
            mapOf(
                "allowBackup" to "false", "fullBackupContent" to "false", "usesCleartextTraffic" to "false",
                "dataExtractionRules" to "@xml/nothing_leaves", "networkSecurityConfig" to "@xml/network",
                "debuggable" to "", "extractNativeLibs" to "false",
            ),
            listOf(
                "allowBackup", "fullBackupContent", "usesCleartextTraffic", "dataExtractionRules",
                "networkSecurityConfig", "debuggable", "extractNativeLibs",
            ).associateWith { app.android(it) },
        )
    }
}
