// One signed, aligned APK: R8 over everything, resources, libraries. The same sources and key give the same bytes.
import com.android.apksig.ApkSigner
import com.android.apksig.ApkVerifier
import com.android.tools.r8.CompilationMode
import com.android.tools.r8.D8
import com.android.tools.r8.D8Command
import com.android.tools.r8.Diagnostic
import com.android.tools.r8.DiagnosticsHandler
import com.android.tools.r8.JdkClassFileProvider
import com.android.tools.r8.OutputMode
import com.android.tools.r8.R8
import com.android.tools.r8.R8Command
import java.security.KeyStore
import java.time.LocalDateTime
import java.util.concurrent.Executors
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipFile
import java.util.zip.ZipOutputStream

def build = new File(project.build.directory)
def setting = { String name, String otherwise = null ->
    session.userProperties[name] ?: project.properties[name] ?: otherwise
}
def minSdk = setting('android.minSdk') as int
def libraries = new File(setting('gauze.jniLibs'))
def abis = (libraries.list() ?: new String[0]).sort()
if (!abis) throw new IllegalStateException("no libgauze.so under ${libraries}: run `cargo xtask package android`")

def shipped = project.artifacts.findAll { it.scope in ['compile', 'runtime'] }
def all = project.artifacts.find { it.artifactId == 'android-all' }.file

// The keep rules of every library, as Gradle would find them, and the app's own.
def rules = new File(build, 'rules').tap { deleteDir(); mkdirs() }
def ruleFiles = [new File(project.basedir, 'proguard.pro'), new File(build, 'resources/aapt.pro')]
shipped.sort { it.id }.each { artifact ->
    def beside = new File(artifact.file.parentFile, 'proguard.txt')
    if (artifact.type == 'aar' && beside.exists()) ruleFiles << beside
    if (artifact.file.name.endsWith('.jar')) new ZipFile(artifact.file).withCloseable { jar ->
        jar.entries().findAll { it.name ==~ /META-INF\/(com\.android\.tools\/r8[^\/]*|proguard)\/[^\/]+\.pro/ }.each { entry ->
            ruleFiles << new File(rules, "${artifact.artifactId}-${entry.name.replace('/', '-')}").tap { it << jar.getInputStream(entry) }
        }
    }
}

/** What R8 remarks of rules that match nothing is the libraries' business. */
class Quiet implements DiagnosticsHandler {
    void info(Diagnostic remark) {}
}

// One thread: of several, which one comes first to a method decides what R8 makes of it, and two builds of the same classes differ.
def oneByOne = { Closure work ->
    def executor = Executors.newSingleThreadExecutor()
    try { work(executor) } finally { executor.shutdown() }
}

// To class files first, which shrunk.groovy runs on this JVM; the very same then become the DEX.
def shrunk = new File(build, 'shrunk.jar')
def dexed = new File(build, 'dexed.zip')
def jdk = JdkClassFileProvider.fromJdkHome(new File(System.getProperty('java.home')).toPath())
def shrinking = R8Command.builder(new Quiet())
    .addProgramFiles((shipped.sort { it.id }*.file + project.artifact.file).findAll { it.name.endsWith('.jar') }*.toPath())
    .addLibraryFiles(all.toPath())
    .addLibraryResourceProvider(jdk)
    .addProguardConfigurationFiles(ruleFiles.findAll { it.exists() }*.toPath())
    .setProguardMapOutputPath(new File(build, 'mapping.txt').toPath())
    .setMode(CompilationMode.RELEASE)
    .setOutput(shrunk.toPath(), OutputMode.ClassFile, true)
    .build()
oneByOne { R8.run(shrinking, it) }
def dexing = D8Command.builder()
    .addProgramFiles(shrunk.toPath())
    .addLibraryFiles(all.toPath())
    .addLibraryResourceProvider(jdk)
    .setMinApiLevel(minSdk)
    .setMode(CompilationMode.RELEASE)
    .setOutput(dexed.toPath(), OutputMode.DexIndexed)
    .build()
oneByOne { D8.run(dexing, it) }

def entries = new TreeMap<String, Map>()
new ZipFile(new File(build, 'resources/resources.ap_')).withCloseable { zip ->
    zip.entries().each { entries[it.name] = [bytes: zip.getInputStream(it).bytes, stored: it.method == ZipEntry.STORED] }
}
[(dexed): /.+\.dex/, (shrunk): /META-INF\/services\/.+/].each { file, names ->
    new ZipFile(file).withCloseable { zip ->
        zip.entries().findAll { it.name ==~ names }.each { entries[it.name] = [bytes: zip.getInputStream(it).bytes, stored: false] }
    }
}
def exploded = project.artifacts.findAll { it.type == 'aar' && it.scope != 'test' }.collect { it.file.parentFile }.unique()
abis.each { abi ->
    def found = exploded.collectMany { (new File(it, "jni/${abi}").listFiles() ?: new File[0]) as List } +
        (new File(libraries, abi).listFiles() as List)
    found.findAll { it.name.endsWith('.so') }.each { entries["lib/${abi}/${it.name}".toString()] = [bytes: it.bytes, stored: true] }
}

def unsigned = new File(build, 'unsigned.apk')
new ZipOutputStream(unsigned.newOutputStream()).withCloseable { zip ->
    entries.each { name, content ->
        def entry = new ZipEntry(name)
        entry.timeLocal = LocalDateTime.of(1981, 1, 1, 1, 1, 2)
        entry.method = content.stored ? ZipEntry.STORED : ZipEntry.DEFLATED
        if (content.stored) {
            entry.size = entry.compressedSize = content.bytes.length
            entry.crc = new CRC32().tap { update(content.bytes) }.value
        }
        zip.putNextEntry(entry)
        zip.write(content.bytes)
        zip.closeEntry()
    }
}

// A key from outside, or one made for this machine. RSA: its signatures are the same each time.
def release = setting('gauze.key')
def password = (release ? System.getenv('GAUZE_KEY_PASSWORD') : 'android') ?: ''
def keys = new File(release ?: "${build}/../debug.p12")
if (!release && !keys.exists()) {
    def made = new ProcessBuilder("${System.getProperty('java.home')}/bin/keytool", '-genkeypair', '-keystore', keys.path,
        '-storetype', 'PKCS12', '-storepass', password, '-alias', 'debug', '-keyalg', 'RSA', '-keysize', '3072',
        '-validity', '10000', '-dname', 'CN=Gauze debug').redirectErrorStream(true).start()
    def said = made.inputStream.text
    if (made.waitFor() != 0) throw new IllegalStateException("keytool: ${said}")
}
def store = KeyStore.getInstance('PKCS12')
keys.withInputStream { store.load(it, password.toCharArray()) }
def alias = store.aliases().toList().first()
def signer = new ApkSigner.SignerConfig.Builder(release ? 'release' : 'debug', store.getKey(alias, password.toCharArray()),
    store.getCertificateChain(alias) as List).build()
def apk = new File(setting('gauze.apk', "${build}/gauze.apk"))
new ApkSigner.Builder([signer]).setInputApk(unsigned).setOutputApk(apk).setMinSdkVersion(minSdk)
    .setV1SigningEnabled(false).setV2SigningEnabled(true).setV3SigningEnabled(true).setV4SigningEnabled(false)
    .setCreatedBy('Gauze').build().sign()

// From 28 on v3 alone is looked at, below it v2: both are looked at where the oldest system that knows v2 is asked.
def verdict = new ApkVerifier.Builder(apk).setMinCheckedPlatformVersion(24).build().verify()
if (!verdict.verified || !verdict.verifiedUsingV2Scheme || !verdict.verifiedUsingV3Scheme) {
    throw new IllegalStateException("the APK does not verify: v2 ${verdict.verifiedUsingV2Scheme}, v3 ${verdict.verifiedUsingV3Scheme}, ${verdict.allErrors}")
}
println "${apk.canonicalPath}: ${apk.length()} bytes, ${abis.join(', ')}, signed (v2, v3) with " +
    (release ? "the release key of ${keys.name}" : 'a DEBUG key made on this machine: not for hospitals')
