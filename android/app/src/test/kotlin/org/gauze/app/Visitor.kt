package org.gauze.app

import java.io.File
import java.net.URI
import java.net.URLEncoder
import java.security.cert.CertificateFactory
import java.security.cert.X509Certificate
import javax.net.ssl.HttpsURLConnection
import javax.net.ssl.SSLContext
import javax.net.ssl.X509TrustManager
import org.gauze.logic.port.Browser

/**
 * A browser with somebody in front of it: opens the provider's page, fills in its form, and follows wherever it is sent, until
 * that is an address of the app's.
 */
class Visitor : Browser {
    /** Name and password; nobody leaves the page. */
    @Volatile var somebody: Pair<String, String>? = null

    /** Where it was sent. */
    val visited = ArrayList<String>()

    override suspend fun visit(page: String): String? {
        val (login, password) = somebody ?: return null
        var at = page
        var form: String? = null
        repeat(HOPS) {
            visited += at
            if (!at.startsWith("https://")) return at
            val connection = open(at)
            form?.let { sent ->
                connection.doOutput = true
                connection.outputStream.use { it.write(sent.toByteArray()) }
            }
            form = null
            when (connection.responseCode) {
                in 300..399 -> at = URI(at).resolve(connection.getHeaderField("Location")).toString()
                200 -> {
                    val hidden = HIDDEN.findAll(connection.inputStream.bufferedReader().readText())
                        .map { it.groupValues[1] to plain(it.groupValues[2]) }.toList()
                    val fields = hidden + listOf("login" to login, "password" to password, "proven" to "yes")
                    form = fields.joinToString("&") { (name, value) -> "${encoded(name)}=${encoded(value)}" }
                }
                else -> return null
            }
        }
        error("sent around in circles: $visited")
    }

    private fun open(address: String) = (URI(address).toURL().openConnection() as HttpsURLConnection).apply {
        instanceFollowRedirects = false
        sslSocketFactory = tls.socketFactory
        setHostnameVerifier { host, _ -> host == "127.0.0.1" }
    }

    /** Believes the hospital's own authority alone. Android's provider does the rest: the JVM's own does not start beside it. */
    private val tls by lazy {
        val authority = File(SigningHospital.home, "tls/ca.pem").inputStream().use(CertificateFactory.getInstance("X.509")::generateCertificate)
        val trusting = object : X509TrustManager {
            override fun checkClientTrusted(chain: Array<X509Certificate>, type: String) = error("nobody asks")

            override fun checkServerTrusted(chain: Array<X509Certificate>, type: String) = chain.first().verify(authority.publicKey)

            override fun getAcceptedIssuers() = emptyArray<X509Certificate>()
        }
        SSLContext.getInstance("TLS").apply { init(null, arrayOf(trusting), null) }
    }

    private fun encoded(text: String) = URLEncoder.encode(text, "UTF-8")

    private fun plain(html: String) =
        html.replace("&lt;", "<").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")

    private companion object {
        const val HOPS = 8
        val HIDDEN = Regex("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\">")
    }
}
