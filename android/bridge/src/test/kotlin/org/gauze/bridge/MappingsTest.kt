package org.gauze.bridge

import org.gauze.core.CheckDigit
import org.gauze.core.FenceMode
import org.gauze.core.LocalNumbers
import org.gauze.core.OldestPhoto
import org.gauze.core.Outside
import org.gauze.core.PickLists
import org.gauze.core.Trouble
import org.gauze.logic.core.Fix
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.gauze.logic.core.CheckDigit as AppCheckDigit
import org.gauze.logic.core.FenceMode as AppFenceMode
import org.gauze.logic.core.LocalNumbers as AppLocalNumbers
import org.gauze.logic.core.OldestPhoto as AppOldest
import org.gauze.logic.core.Outside as AppOutside

class MappingsTest {
    @Test
    fun `a position goes to the core as it is, however old`() {
        val core = Fix(55.86, -4.25, 12.5, 90_000, true, -300).toCore()
        assertEquals(listOf(55.86, -4.25, 12.5), listOf(core.latitude, core.longitude, core.accuracyM))
        assertEquals(Triple(90_000u, true, (-300).toShort()), Triple(core.ageMs, core.mock, core.utcOffsetMinutes))
        assertEquals(listOf(0u, UInt.MAX_VALUE), listOf(-1L, Long.MAX_VALUE).map { Fix(0.0, 0.0, 0.0, it, false, 0).toCore().ageMs })
    }

    @Test
    fun `every mode of a fence has its own in the app`() {
        assertEquals(AppFenceMode.entries.map { it.name }, FenceMode.entries.map { it.name })
        FenceMode.entries.forEach { assertEquals(AppOutside(AppFenceMode.valueOf(it.name), "Site A"), Outside(it, "Site A").toApp()) }
    }

    @Test
    fun `the oldest photo is told with when it was taken and the code of what stops it`() {
        val oldest = listOf(null, Trouble.Offline).map { OldestPhoto(1_796_000_000_000, it).toApp() }
        assertEquals(listOf(null, "unreachable").map { AppOldest(1_796_000_000_000, it) }, oldest)
    }

    @Test
    fun `how the hospital writes its own numbers is the same in the app`() {
        for ((check, ours) in listOf(null to null, CheckDigit.MODULUS10 to AppCheckDigit.MODULUS10, CheckDigit.MODULUS11 to AppCheckDigit.MODULUS11)) {
            val lists = PickLists(emptyList(), emptyList(), emptyList(), emptyList(), LocalNumbers("MRN", listOf("RJ1-####"), check))
            assertEquals(AppLocalNumbers("MRN", listOf("RJ1-####"), ours), lists.toApp().localNumber)
        }
        assertEquals(null, PickLists(emptyList(), emptyList(), emptyList(), emptyList(), null).toApp().localNumber)
    }
}
