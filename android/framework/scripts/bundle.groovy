// The app bundle beside the APK, for managed Google Play: the same classes, resources and libraries, signed with the same key.
import com.android.tools.build.bundletool.commands.BuildBundleCommand
import com.google.common.collect.ImmutableList
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.time.LocalDateTime
import java.util.jar.JarFile
import java.util.zip.ZipEntry
import java.util.zip.ZipFile
import java.util.zip.ZipOutputStream
import jdk.security.jarsigner.JarSigner

def build = new File(project.build.directory)
def setting = { String name -> session.userProperties[name] ?: project.properties[name] }
def proto = new File(build, 'proto.ap_')
def convert = new ProcessBuilder(new File(build, 'aapt2').path, 'convert', '--output-format', 'proto', '-o', proto.path,
    new File(build, 'resources/resources.ap_').path).redirectErrorStream(true).start()
def said = convert.inputStream.text
if (convert.waitFor() != 0) throw new IllegalStateException("aapt2: ${said}")

/** Where a file of the APK lies in a bundle's module; nowhere where the bundle has its own form of it. */
def place = { String name ->
    name.endsWith('.dex') ? "dex/${name}" : name.startsWith('lib/') ? name : name.startsWith('META-INF/services/') ? "root/${name}" : null
}
def entries = new TreeMap<String, byte[]>()
new ZipFile(proto).withCloseable { zip ->
    zip.entries().each { entries[it.name == 'AndroidManifest.xml' ? 'manifest/AndroidManifest.xml' : it.name] = zip.getInputStream(it).bytes }
}
new ZipFile(new File(build, 'unsigned.apk')).withCloseable { zip ->
    zip.entries().each { entry -> place(entry.name)?.with { entries[it.toString()] = zip.getInputStream(entry).bytes } }
}
def module = new File(build, 'base.zip')
new ZipOutputStream(module.newOutputStream()).withCloseable { zip ->
    entries.each { name, bytes ->
        zip.putNextEntry(new ZipEntry(name).tap { timeLocal = LocalDateTime.of(1981, 1, 1, 1, 1, 2) })
        zip.write(bytes)
        zip.closeEntry()
    }
}
def unsigned = new File(build, 'unsigned.aab').tap { delete() }
BuildBundleCommand.builder().setModulesPaths(ImmutableList.of(module.toPath())).setOutputPath(unsigned.toPath()).build().execute()

// As apk.groovy signs.
def release = setting('gauze.key')
def password = (release ? System.getenv('GAUZE_KEY_PASSWORD') : 'android') ?: ''
def store = KeyStore.getInstance('PKCS12')
new File(release ?: "${build}/../debug.p12").withInputStream { store.load(it, password.toCharArray()) }
def alias = store.aliases().toList().first()
def path = CertificateFactory.getInstance('X.509').generateCertPath(store.getCertificateChain(alias) as List)
def signer = new JarSigner.Builder(store.getKey(alias, password.toCharArray()), path)
    .digestAlgorithm('SHA-256').signatureAlgorithm('SHA256withRSA').signerName(release ? 'RELEASE' : 'DEBUG').build()
def bundle = new File((setting('gauze.apk') ?: "${build}/gauze.apk").replaceFirst(/\.apk$/, '.aab'))
def signed = new File(build, 'signed.aab')
new ZipFile(unsigned).withCloseable { zip -> signed.withOutputStream { signer.sign(zip, it) } }

// JarSigner gives its own files the time of day, which nothing signs: with that of all others two builds are equal.
new ZipFile(signed).withCloseable { from ->
    new ZipOutputStream(bundle.newOutputStream()).withCloseable { to ->
        from.entries().each { entry ->
            to.putNextEntry(new ZipEntry(entry.name).tap { timeLocal = LocalDateTime.of(1981, 1, 1, 1, 1, 2) })
            to.write(from.getInputStream(entry).bytes)
            to.closeEntry()
        }
    }
}
new JarFile(bundle).withCloseable { jar ->
    def bare = jar.entries().findAll { entry ->
        jar.getInputStream(entry).bytes // Its signature is looked at on the way, and thrown about.
        !entry.name.startsWith('META-INF/') && !entry.codeSigners
    }
    if (bare) throw new IllegalStateException("not signed in the bundle: ${bare*.name}")
}
println "${bundle.canonicalPath}: ${bundle.length()} bytes"
