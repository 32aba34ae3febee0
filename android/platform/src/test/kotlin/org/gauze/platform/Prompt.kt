package org.gauze.platform

import android.content.Context
import android.os.Binder
import android.os.Build
import android.os.IInterface
import android.os.ServiceManager
import java.lang.reflect.Method
import java.lang.reflect.Proxy

/** The system's side of its own prompt, in the place of the service that shows it: keeps whom to tell, and tells it what a test says. */
class Prompt private constructor() {
    private var receiver: Any? = null

    fun confirmed() {
        tell("onAuthenticationSucceeded") { if (it == Int::class.java) 1 else null }
    }

    /** [code] is the prompt's own: what a service says of a vendor's is in another field. */
    fun failed(code: Int) {
        val said = ArrayDeque(listOf(0, code, 0))
        tell("onError") { if (it == Int::class.java) said.removeFirst() else null }
    }

    private fun tell(name: String, value: (Class<*>) -> Any?) {
        val told = receiver!!
        val method = told.javaClass.methods.first { it.name == name }
        val arguments = method.parameterTypes.map(value)
        method.isAccessible = true
        method.invoke(told, *arguments.toTypedArray())
    }

    private fun called(method: Method, arguments: Array<out Any?>?): Any? {
        arguments?.firstOrNull { it is IInterface && "Receiver" in it.javaClass.superclass!!.name }?.let { receiver = it }
        return when (method.returnType) {
            Long::class.java -> 1L
            Int::class.java -> 0
            Boolean::class.java -> false
            else -> null
        }
    }

    companion object {
        /** Android 11 put one service before those of fingers and faces. */
        fun install(): Prompt {
            val later = Build.VERSION.SDK_INT >= Build.VERSION_CODES.R
            val type = Class.forName("android.hardware.biometrics." + if (later) "IAuthService" else "IBiometricService")
            val prompt = Prompt()
            val service = Proxy.newProxyInstance(type.classLoader, arrayOf(type)) { proxy, method, arguments ->
                when (method.name) {
                    "asBinder" -> Binder()
                    "hashCode" -> System.identityHashCode(proxy)
                    "equals" -> proxy === arguments?.firstOrNull()
                    "toString" -> "Prompt"
                    else -> prompt.called(method, arguments)
                }
            }
            val binder = Binder().apply { attachInterface(service as IInterface, type.name) }
            ServiceManager.addService(if (later) Context.AUTH_SERVICE else Context.BIOMETRIC_SERVICE, binder)
            return prompt
        }
    }
}
