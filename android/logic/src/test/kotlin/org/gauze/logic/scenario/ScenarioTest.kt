package org.gauze.logic.scenario

import org.gauze.logic.repository
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory

/** What both apps do, from `tests/scenarios`: `ScenarioTests.swift` reads the same files. */
class ScenarioTest {
    @TestFactory
    fun `every step changes what the scenario says and nothing else`(): List<DynamicTest> {
        val files = repository.resolve("tests/scenarios").listFiles()!!.filter { it.extension == "json" }.sorted()
        assertTrue(files.size >= 15, files.toString())
        return files.flatMap { file ->
            Json.read(file.readText()).list.map { scenario ->
                DynamicTest.dynamicTest("${file.nameWithoutExtension}: ${scenario["name"]}") { run(file.nameWithoutExtension, scenario) }
            }
        }
    }

    private fun run(screen: String, scenario: Any?) {
        val around = Around()
        around.set(scenario["given"])
        val driven = around.driven(screen, scenario["given"])
        scenario["start"]?.let { assertEquals(it, driven.state()) }
        scenario["steps"].list.forEachIndexed { at, step ->
            around.set(step["set"])
            around.told.clear()
            val before = driven.state()
            val event = step["send"].list
            driven.send(event.first().text!!, event.drop(1))
            val changed = (driven.state() as Map<*, *>).filter { (field, value) -> before[field as String] != value }
            assertEquals(step["then"] ?: emptyMap<String, Any?>(), changed, "step $at $event")
            assertEquals(step["out"].list, around.told, "step $at $event")
        }
    }
}
