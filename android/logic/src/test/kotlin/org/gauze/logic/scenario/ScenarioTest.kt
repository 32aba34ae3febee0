package org.gauze.logic.scenario

import org.gauze.logic.repository
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory

/** What both apps do, from `tests/scenarios`: `ScenarioTests.swift` reads the same files. */
class ScenarioTest {
    @TestFactory
    fun `every step changes what the scenario says and nothing else`() = each { screen, scenario ->
        assertEquals(emptyList<String>(), differences(screen, scenario))
    }

    @TestFactory
    fun `what the other logic does otherwise is noticed`() = each { screen, scenario ->
        val altered = altered(scenario)
        assertTrue(altered.size >= 2 * scenario["steps"].list.size)
        altered.forEach { assertEquals(1, differences(screen, it).size, it.toString()) }
    }

    private fun each(test: (String, Any?) -> Unit): List<DynamicTest> {
        val files = repository.resolve("tests/scenarios").listFiles()!!.filter { it.extension == "json" }.sorted()
        assertTrue(files.size >= 15, files.toString())
        return files.flatMap { file ->
            Json.read(file.readText()).list.map { scenario ->
                DynamicTest.dynamicTest("${file.nameWithoutExtension}: ${scenario["name"]}") {
                    test(file.nameWithoutExtension, scenario)
                }
            }
        }
    }

    /** Where the logic does something else than the scenario says, step by step. */
    private fun differences(screen: String, scenario: Any?): List<String> = buildList {
        val around = Around()
        around.set(scenario["given"])
        val driven = around.driven(screen, scenario["given"])
        scenario["start"]?.let { if (it != driven.state()) add("start: ${driven.state()}") }
        scenario["steps"].list.forEachIndexed { at, step ->
            around.set(step["set"])
            around.told.clear()
            val before = driven.state()
            val event = step["send"].list
            driven.send(event.first().text!!, event.drop(1))
            val changed = (driven.state() as Map<*, *>).filter { (field, value) -> before[field as String] != value }
            if (changed != (step["then"] ?: emptyMap<String, Any?>())) add("step $at $event changes $changed")
            if (around.told != step["out"].list) add("step $at $event tells ${around.told}")
        }
    }

    /** As if the other logic did one thing otherwise: each field of each expectation once. */
    private fun altered(scenario: Any?): List<Any?> {
        val starts = others(scenario["start"]).map { scenario.with("start", it) }
        val steps = scenario["steps"].list
        val later = steps.flatMapIndexed { at, step ->
            val out = step["out"].list
            val changes = (others(step["then"]) + step["then"].with("nobody", true)).map { step.with("then", it) }
            val told = step.with("out", if (out.isEmpty()) listOf(listOf("nobody")) else out.dropLast(1))
            (changes + told).map { other -> scenario.with("steps", steps.toMutableList().also { it[at] = other }) }
        }
        return starts + later
    }

    private fun others(expected: Any?): List<Any?> =
        (expected as Map<*, *>?).orEmpty().map { (field, value) -> expected.with(field as String, listOf(value, "otherwise")) }

    private fun Any?.with(field: String, value: Any?): Any? = (this as Map<*, *>?).orEmpty() + (field to value)
}
