package org.gauze.app

import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Stage
import org.gauze.logic.words.Word
import org.gauze.platform.upload.Run
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** A phone that a ward shares, at a hospital that asks who takes its photos: real provider, real core, a browser that is the test's. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class)
class SharedPhoneTest {
    private val rule = createEmptyComposeRule()
    private val nurse = Nurse(rule)
    private val browser get() = (nurse.app.graph as TestGraph).browser

    @get:Rule val chain: RuleChain = RuleChain.outerRule(nurse).around(rule)

    @Before
    fun aHospitalThatAsks() = assumeTrue("GAUZE_SIGN_IN_HOSPITAL is not set: run `cargo xtask android`", SigningHospital.home != null)

    private fun signIn(login: String, password: String) {
        browser.somebody = login to password
        nurse.tap(Word.SigninStart)
    }

    @Test
    fun whoever_has_the_phone_signs_in_and_sees_what_is_theirs_and_the_hospital_reads_who_took_it() {
        nurse.manage(SigningHospital.next())
        nurse.open()
        nurse.tap(Word.EnrolStart)
        nurse.see(Word.SigninTitle)
        nurse.tap(Word.SigninStart)
        nurse.see(Word.ErrorSignInCancelled)
        signIn("ann", "not her password")
        nurse.see(Word.ErrorSignInCancelled)
        signIn("ann", "wound-care")
        nurse.worksIn("Burns")
        assertTrue(browser.visited.toString(), browser.visited.last().startsWith("org.gauze.app:/signed-in?"))
        assertEquals("Ann Nurse", nurse.core().clinician())
        nurse.takeOne()
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        val photo = nurse.photos().single().id
        assertTrue(nurse.core().unlock() is Outcome.Done)
        assertTrue(nurse.photos().single().label!!.contains("SMITH"))

        // Handed over: nothing of the one before is shown to the next, whose way in is their own.
        nurse.tap(Word.HomeMore)
        nurse.tap(Word.SettingsSignOut)
        nurse.see(Word.SigninTitle)
        assertFalse("who had it before", nurse.sees("Ann"))
        assertEquals(null, nurse.photos().single().label)
        signIn("adam", "gives-roles")
        nurse.worksIn("Tissue viability")
        assertTrue(nurse.core().unlock() is Outcome.Done)
        assertEquals(null, nurse.photos().single().label)
        assertEquals("other_person", (nurse.core().photo(photo) as Outcome.Failed).failure.code)

        assertEquals(Run.EMPTY, nurse.send())
        assertEquals(Stage.STORED, nurse.photos().single().stage)
        SigningHospital.pull()
        val (record, _) = SigningHospital.opened(photo)
        assertEquals("Ann Nurse", record.getString("clinician"))
        assertEquals("burns", record.getJSONObject("team").getString("code"))
        assertTrue(record.getJSONObject("session").getString("token").count { it == '.' } == 2)
    }

    @Test
    fun a_sign_in_that_ends_with_its_process_begins_anew_and_the_photo_before_it_still_goes() {
        nurse.manage(SigningHospital.next())
        nurse.open()
        nurse.tap(Word.EnrolStart)
        signIn("ann", "wound-care")
        nurse.worksIn("Tissue viability")
        nurse.takeOne()
        nurse.core().signOut()
        nurse.die()
        nurse.open()
        nurse.see(Word.SigninTitle)
        assertEquals(Run.EMPTY, nurse.send())
        assertEquals(Stage.STORED, nurse.photos().single().stage)
    }
}
