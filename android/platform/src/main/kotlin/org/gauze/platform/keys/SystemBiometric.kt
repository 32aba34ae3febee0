package org.gauze.platform.keys

import android.app.Activity
import android.app.KeyguardManager
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricPrompt
import android.os.Build
import android.os.CancellationSignal
import kotlin.coroutines.resume
import kotlinx.coroutines.suspendCancellableCoroutine
import org.gauze.logic.port.Authentication
import org.gauze.logic.port.Biometric

/** The system's prompt on top of [activity]: a strong biometric, or the phone's own code. */
class SystemBiometric(private val activity: () -> Activity?, private val title: String) : Biometric {
    override suspend fun authenticate(title: String): Authentication {
        val on = activity() ?: return Authentication.DECLINED
        if (!on.getSystemService(KeyguardManager::class.java)!!.isDeviceSecure) return Authentication.NOT_SET_UP
        return suspendCancellableCoroutine { waiting ->
            val signal = CancellationSignal()
            waiting.invokeOnCancellation { signal.cancel() }
            prompt(on).authenticate(signal, on.mainExecutor, object : BiometricPrompt.AuthenticationCallback() {
                override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult?) {
                    if (waiting.isActive) waiting.resume(Authentication.CONFIRMED)
                }

                override fun onAuthenticationError(code: Int, message: CharSequence?) {
                    if (waiting.isActive) waiting.resume(meaning(code))
                }
            })
        }
    }

    private fun prompt(on: Activity): BiometricPrompt {
        val builder = BiometricPrompt.Builder(on).setTitle(title)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            builder.setAllowedAuthenticators(
                BiometricManager.Authenticators.BIOMETRIC_STRONG or BiometricManager.Authenticators.DEVICE_CREDENTIAL,
            )
        } else {
            @Suppress("DEPRECATION")
            builder.setDeviceCredentialAllowed(true)
        }
        return builder.build()
    }

    companion object {
        internal fun meaning(code: Int): Authentication = when (code) {
            BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT, BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT_PERMANENT -> Authentication.LOCKED_OUT
            BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL -> Authentication.NOT_SET_UP
            else -> Authentication.DECLINED
        }
    }
}
