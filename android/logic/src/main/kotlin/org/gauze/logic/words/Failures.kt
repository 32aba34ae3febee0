package org.gauze.logic.words

import org.gauze.logic.core.Failure
import org.gauze.logic.core.Remedy
import org.gauze.logic.flow.Line
import org.gauze.logic.port.Authentication
import org.gauze.logic.port.CameraFault

/** What is said of each of the core's codes, and of the system's prompt. WordsTest holds this against the core's own list. */
object Failures {
    private val byName = Word.entries.associateBy { it.resource }

    /** The line for a code, or null where there is none. */
    fun word(code: String): Word? = byName["error_$code"]

    /** What to say of a failure: why the phone is not accepted, the line of its code, or what to do about failures of its kind. */
    fun line(failure: Failure): Line {
        val fine = failure.refusal?.let { Refusals.word(it.code) }
        return Line(fine ?: word(failure.code) ?: kind(failure.remedy), help = failure.refusal?.help)
    }

    /** What to say of a photo that waits. */
    fun waiting(code: String): Line = Line(word(code) ?: Word.ErrorKindRetry)

    /** Why it was not confirmed who asks, and what to do; null where it was. */
    fun line(answer: Authentication): Line? = when (answer) {
        Authentication.CONFIRMED -> null
        Authentication.DECLINED -> Line(Word.ReviewDeclined)
        Authentication.NOT_SET_UP -> Line(Word.ReviewNotSetUp)
        Authentication.LOCKED_OUT -> Line(Word.ReviewLockedOut)
    }

    /** What to say of a camera. */
    fun camera(fault: CameraFault): Line = Line(
        when (fault) {
            CameraFault.NO_PERMISSION -> Word.CameraNoPermission
            CameraFault.IN_USE -> Word.CameraInUse
            CameraFault.NO_CAMERA -> Word.CameraNoCamera
            CameraFault.BROKEN -> Word.CameraBroken
            CameraFault.NOT_TAKEN -> Word.CameraNotTaken
        },
    )

    private fun kind(remedy: Remedy): Word = when (remedy) {
        Remedy.TAKE_AGAIN -> Word.ErrorKindTakeAgain
        Remedy.FREE_STORAGE -> Word.ErrorStorageFull
        Remedy.UNLOCK -> Word.ErrorLocked
        Remedy.SIGN_IN -> Word.ErrorSignInNeeded
        Remedy.ENROL -> Word.ErrorNotEnrolled
        Remedy.RETRY -> Word.ErrorKindRetry
        Remedy.ASK_IT -> Word.ErrorKindAskIt
        Remedy.NOT_POSSIBLE -> Word.ErrorKindNotPossible
        Remedy.REPORT -> Word.ErrorKindReport
    }
}
