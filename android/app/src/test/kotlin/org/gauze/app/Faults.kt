package org.gauze.app

import com.sun.jna.Library
import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer

/** What the core of the tests, built with `--features faults`, can be asked to suffer. */
object Faults {
    private const val DAY_S = 86_400L
    private val core by lazy { Native.load("gauze", Entries::class.java) }

    /** UniFFI's status of a call, with room to spare: nothing but a panic writes there. */
    private val status = Memory(64).apply { clear() }

    /** No photo and no small file fits on the phone. */
    fun diskFull(meanwhile: () -> Unit) = try {
        core.uniffi_gauze_fn_func_set_disk_full(1, status)
        meanwhile()
    } finally {
        core.uniffi_gauze_fn_func_set_disk_full(0, status)
    }

    /** The phone's clock is so many days ahead; behind where they are fewer than none. */
    fun clockWrong(days: Long, meanwhile: () -> Unit) = try {
        core.uniffi_gauze_fn_func_set_clock_wrong(days * DAY_S, status)
        meanwhile()
    } finally {
        core.uniffi_gauze_fn_func_set_clock_wrong(0, status)
    }

    @Suppress("FunctionName")
    interface Entries : Library {
        fun uniffi_gauze_fn_func_set_clock_wrong(seconds: Long, status: Pointer)

        fun uniffi_gauze_fn_func_set_disk_full(full: Byte, status: Pointer)
    }
}
