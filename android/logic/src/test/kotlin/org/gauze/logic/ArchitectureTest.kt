package org.gauze.logic

import java.io.File
import java.lang.reflect.ParameterizedType
import org.gauze.logic.flow.Presenter
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
        val generated = "org.gauze.core"
        assertTrue(naming("bridge", "import $generated.").size > 2)
        assertEquals(emptyList<String>(), listOf("logic", "platform", "app").flatMap { naming(it, generated) })
    }

    @Test
    fun `logic knows no Android and nothing but Kotlin and coroutines`() {
        val imported = sources("logic").flatMap { imports(it) }
        assertTrue(imported.size > 100, imported.toString())
        val foreign = imported
            .filterNot { it.startsWith("org.gauze.logic.") || it.startsWith("kotlin") || LIBRARY.any(it::startsWith) }
        assertEquals(emptyList<String>(), foreign)
        // Nor by a whole name, and Kotlin's own ways to files and sockets are the JVM's.
        assertEquals(emptyList<String>(), naming("logic", "java.io", "java.net", "java.nio.file", "java.nio.channels", "kotlin.io"))
    }

    /** Of a port that no test plays nobody knows what the rest does when it answers otherwise. */
    @Test
    fun `every port has a fake`() {
        val ports = repository.resolve("android/logic/src/main/kotlin/org/gauze/logic/port").walk().filter { it.isFile }
            .flatMap { file -> Regex("(?m)^(?:fun )?interface (\\w+)").findAll(file.readText()).map { it.groupValues[1] } }.toSet()
        assertTrue(ports.size >= 17, ports.toString())
        val tests = listOf("logic", "bridge", "platform", "app").flatMap { module ->
            repository.resolve("android/$module/src/test/kotlin").walk().filter { it.extension == "kt" }.map(File::readText)
        }
        assertEquals(emptySet<String>(), ports.filterNot { port -> tests.any { plays(port, it) } }.toSet())
    }

    /** Lint here knows no list of what came with which version of Android: what is not there yet fails where it is run. */
    @Test
    fun `every part of the platform runs on the oldest framework too`() {
        val parts = sources("platform").flatMap { Regex("(?m)^(?:data )?class (\\w+)").findAll(it.readText()).map { found -> found.groupValues[1] } }
        assertTrue(parts.size >= 20, parts.toString())
        val oldest = Regex("<android.minSdk>(\\d+)<").find(repository.resolve("android/pom.xml").readText())!!.groupValues[1]
        val tests = repository.resolve("android/platform/src/test/kotlin").walk().filter { it.extension == "kt" }.map(File::readText)
            .filter { Regex("(?m)^@Config\\(sdk = \\[$oldest, ").containsMatchIn(it) }.toList()
        assertEquals(emptyList<String>(), parts.filterNot { part -> tests.any { Regex("\\b$part\\b").containsMatchIn(it) } })
    }

    /** A class or object of that type, or a function in its place. */
    private fun plays(port: String, test: String): Boolean {
        // What a class is given stands in brackets, and is not what it is.
        val types = Regex("\\([^()]*\\)").replace(test, "")
        return Regex("(?m)\\b(?:class|object)\\b[^\n{]*?[:,] $port\\b").containsMatchIn(types) ||
            Regex("(?:=|\\(|,|return) ?$port \\{").containsMatchIn(test)
    }

    @Test
    fun `a fake is told from what is only named`() {
        val played = listOf("class FakeCamera : Camera {", "class Phone(x: Int) : Keys, Camera {", "val it = object : Camera {", "override val it = Camera { 1 }", "Ports(keys, Camera { 1 })")
        val named = listOf("fun of(it: Camera) {", "class CameraTest {", "class Told(private val it: Camera) {", "val camera: Camera get() {", "// : Camera", "import org.gauze.Camera")
        assertEquals(played to emptyList<String>(), played.filter { plays("Camera", it) } to named.filter { plays("Camera", it) })
    }

    @Test
    fun `files, galleries and intents are no business of the screens`() {
        val outside = arrayOf("MediaStore", "FileOutputStream", "ContentValues", "Environment.getExternal", "ClipboardManager", "getExternal", "ACTION_SEND")
        for (module in listOf("app", "platform")) assertEquals(emptyList<String>(), naming(module, *outside))
        assertEquals(listOf("AppGraph.kt"), naming("app", "java.io.File"))
        // Intents lead to the app itself, to the system's settings and to its browser.
        assertEquals(setOf("MainActivity.kt", "Refused.kt"), naming("app", "Intent(").toSet())
    }

    @Test
    fun `nothing is logged or printed`() {
        val ways = arrayOf("android.util.Log", "print(", "println(", "System.out", "System.err", "printStackTrace")
        assertEquals(emptyList<String>(), listOf("logic", "bridge", "platform", "app").flatMap { naming(it, *ways) })
    }

    /** The states themselves, and what the samples hold: a name proves nothing. */
    @Test
    fun `every state has samples`() {
        val classes = compiled()
        val states = classes.filter { Presenter::class.java.isAssignableFrom(it) && it != Presenter::class.java }.map(::stateOf) +
            classes.filter { it.simpleName.endsWith("State") && it.packageName != "org.gauze.logic.core" }
        val sampled = classes.flatMap { it.declaredMethods.toList() }
            .filter { it.name.startsWith("get") && it.name.endsWith("Samples") && it.returnType == Map::class.java }
            .flatMap { (it.invoke(null) as Map<*, *>).values }.map { it!!.javaClass }
        assertTrue(states.toSet().size >= 14, states.toString())
        assertEquals(emptySet<Class<*>>(), states.toSet() - sampled.toSet())
    }

    private fun compiled(): List<Class<*>> {
        val root = File(Presenter::class.java.protectionDomain.codeSource.location.toURI())
        return root.walk().filter { it.extension == "class" }
            .map { Class.forName(it.relativeTo(root).path.removeSuffix(".class").replace(File.separatorChar, '.')) }.toList()
    }

    private fun stateOf(presenter: Class<*>) =
        (presenter.genericSuperclass as ParameterizedType).actualTypeArguments.first() as Class<*>

    @Test
    fun `every source stays small`() {
        val long = listOf("logic", "bridge", "platform", "app").flatMap(::sources)
            .filter { it.name != "gauze.kt" && it.readLines().size > 400 }
        assertEquals(emptyList<File>(), long.filterNot { it.name == "Word.kt" })
    }

    private companion object {
        /** What Java's library has of time, words and memory: no way to a file or another machine. */
        val LIBRARY = listOf("java.time.", "java.util.Locale", "java.nio.ByteBuffer")
    }
}
