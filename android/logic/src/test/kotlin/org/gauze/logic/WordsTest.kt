package org.gauze.logic

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import org.gauze.logic.core.EnrolmentRefusal
import org.gauze.logic.core.Failure
import org.gauze.logic.core.Remedy
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Refusals
import org.gauze.logic.words.Word
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

internal val repository = File(System.getProperty("gauze.root"))

class WordsTest {
    private val sentences: Map<String, String> by lazy {
        val file = repository.resolve("android/app/src/main/res/values/strings.xml")
        val strings = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).getElementsByTagName("string")
        (0 until strings.length).map(strings::item)
            .associate { it.attributes.getNamedItem("name").nodeValue to it.textContent.replace("\\'", "'") }
    }

    @Test
    fun `every word has a sentence and every sentence a word`() {
        assertEquals(sentences.keys.sorted(), Word.entries.map { it.resource }.sorted())
    }

    @Test
    fun `sentences are whole, calm, and say no code`() {
        val wrong = sentences.filterValues {
            it.isBlank() || '!' in it || Regex("(?i)\\bplease\\b").containsMatchIn(it) || Regex("[a-z]_[a-z]").containsMatchIn(it)
        }
        assertTrue(wrong.isEmpty(), wrong.toString())
        val told = sentences.filterKeys { it.startsWith("error_") || it.startsWith("refused_") }
        val open = told.filterValues { !it.endsWith(".") }
        assertTrue(open.isEmpty(), open.toString())
    }

    /** What the bindings can say is what `fn code` of the core, its formats and the gateway's problems can. */
    private fun codes(): Set<String> {
        val sources = listOf("core/src", "core/wire/src", "core/seal/src", "bindings/src")
            .flatMap { repository.resolve(it).walk().filter { file -> file.extension == "rs" } }
            .map(File::readText)
        val functions = sources.flatMap { Regex("fn code\\([^{]*\\{(.*?)\\n    }\\n", RegexOption.DOT_MATCHES_ALL).findAll(it) }
        val said = functions.flatMap { Regex("=> \"([a-z_]+)\"").findAll(it.groupValues[1]) }.map { it.groupValues[1] }
        val problems = Regex("(?m)^    [A-Z]\\w+ = \"([a-z_]+)\", \\d{3}")
            .findAll(repository.resolve("core/wire/src/problem.rs").readText()).map { it.groupValues[1] }
        val shut = sources.flatMap { Regex("code: \"([a-z_]+)\"\\.to_owned").findAll(it) }.map { it.groupValues[1] }
        return (said + problems + shut).toSet()
    }

    @Test
    fun `every error of the bindings has a line that says what to do`() {
        val codes = codes()
        assertTrue(codes.size > 90 && "token_used" in codes && "not_jpeg" in codes && "closed" in codes, codes.toString())
        val missing = codes.filter { Failures.word(it) == null }
        assertTrue(missing.isEmpty(), "no line in strings.xml and Word.kt for: $missing")
        // What an adapter says by itself is no other's code: a panic here is not the hospital's failure.
        assertTrue(Failures.word("core_failed") != null && "core_failed" !in codes)
    }

    @Test
    fun `every reason for which the hospital does not accept a phone has a line among those for reasons, and each of these a reason`() {
        val faults = repository.resolve("server-stub/attest/src/fault.rs").readText()
        val reasons = Regex("(?m)^    [A-Z]\\w+ = \"([a-z_]+)\", \"([A-Z]\\d\\d)\"").findAll(faults)
            .associate { it.groupValues[1] to it.groupValues[2] }
        assertTrue(reasons.size >= 61 && "bootloader_unlocked" in reasons, reasons.toString())
        val lines = reasons.map { (reason, help) -> Failures.line(Failure(Remedy.ASK_IT, "attestation_refused", "", EnrolmentRefusal(reason, help))) }
        assertEquals(reasons.values.toList(), lines.map { it.help })
        assertEquals(Word.entries.filter { it.resource.startsWith("refused_") }.toSet(), lines.map { it.word }.toSet())
    }

    @Test
    fun `a reason that is called as a code is another matter`() {
        val alike = listOf("certificate_expired", "certificate_revoked")
        assertTrue(codes().containsAll(alike))
        assertEquals(listOf(Word.RefusedExpired, Word.RefusedDistrusted), alike.map(Refusals::word))
        assertEquals(listOf(Word.ErrorCertificateExpired, Word.ErrorCertificateRevoked), alike.map { Failures.waiting(it).word })
    }
}
