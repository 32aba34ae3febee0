package org.gauze.logic

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ArchitectureTest {
    private fun sources(module: String): List<File> =
        repository.resolve("android/$module/src/main/kotlin").walk().filter { it.extension == "kt" }.toList()
            .also { check(it.isNotEmpty()) { module } }

    private fun imports(file: File) = Regex("(?m)^import ([\\w.]+)").findAll(file.readText()).map { it.groupValues[1] }

    private fun naming(module: String, vararg what: String) = sources(module)
        .filter { file -> what.any { name -> name in file.readText() } }.map { it.name }

    @Test
    fun `only bridge imports generated code`() {
        val wrong = listOf("logic", "platform", "app").flatMap(::sources).filter { "org.gauze.core" in it.readText() }
        assertEquals(emptyList<File>(), wrong)
    }

    @Test
    fun `logic knows no Android and nothing but Kotlin and coroutines`() {
        val foreign = sources("logic").flatMap { imports(it) }
            .filterNot { it.startsWith("org.gauze.logic.") || it.startsWith("java.") || it.startsWith("kotlin") }
        assertEquals(emptyList<String>(), foreign)
    }

    @Test
    fun `files, galleries and intents are no business of the screens`() {
        val outside = listOf("MediaStore", "FileOutputStream", "ContentValues", "Environment.getExternal", "ClipboardManager", "getExternal")
        assertEquals(emptyList<String>(), naming("app", *outside.toTypedArray()))
        assertEquals(emptyList<String>(), naming("platform", *outside.toTypedArray()))
        assertEquals(listOf("AppGraph.kt"), naming("app", "java.io.File"))
    }

    @Test
    fun `nothing is logged or printed`() {
        val loud = listOf("logic", "bridge", "platform", "app")
            .flatMap { naming(it, "android.util.Log", "println(", "printStackTrace") }
        assertEquals(emptyList<String>(), loud - "gauze.kt")
    }

    @Test
    fun `every state has samples and every screen file stays small`() {
        val states = Regex("(?m)^(?:data )?class (\\w+State)\\b")
        val screens = sources("logic").filter { states.containsMatchIn(it.readText()) }
            .filterNot { it.name == "Core.kt" }
        assertTrue(screens.size >= 14, screens.toString())
        val bare = screens.filterNot { file -> file.parentFile.listFiles()!!.any { "Samples = mapOf" in it.readText() } }
        assertEquals(emptyList<File>(), bare)
        val long = listOf("logic", "bridge", "platform", "app").flatMap(::sources)
            .filter { it.name != "gauze.kt" && it.readLines().size > 400 }
        assertEquals(emptyList<File>(), long.filterNot { it.name == "Word.kt" })
    }
}
