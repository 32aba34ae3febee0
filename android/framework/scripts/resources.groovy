// The app's manifest merged with the libraries', its resources linked, and Robolectric told where both are.
import com.android.manifmerger.ManifestMerger2
import com.android.manifmerger.ManifestSystemProperty
import com.android.manifmerger.MergingReport
import com.android.utils.StdLogger

def build = new File(project.build.directory)
def main = new File(project.basedir, 'src/main')
def work = new File(build, 'resources').tap { mkdirs() }
def minSdk = project.properties['android.minSdk']
def targetSdk = project.properties['android.targetSdk']

def aapt2 = new File(build, 'aapt2')
def system = System.getProperty('os.name').toLowerCase()
def prebuilt = system.contains('mac') ? 'prebuilt/macosx/aapt2' : system.contains('win') ? 'prebuilt/windows/aapt2.exe' : 'prebuilt/linux/aapt2'
if (!aapt2.exists()) {
    aapt2.withOutputStream { it << this.class.classLoader.getResourceAsStream(prebuilt) }
    aapt2.executable = true
}
def run = { List<?> command ->
    def process = new ProcessBuilder(command*.toString()).redirectErrorStream(true).start()
    def said = process.inputStream.text
    if (process.waitFor() != 0) throw new IllegalStateException("aapt2: ${said}")
}

def exploded = project.artifacts.findAll { it.scope != 'test' && it.type == 'aar' }.collect { it.file.parentFile }.sort()
def tested = project.artifacts.findAll { it.type == 'aar' && it.artifactId == 'ui-test-manifest' }.collect { it.file.parentFile }
def manifest = { File dir -> new File(dir, 'AndroidManifest.xml') }

def merge = { List<File> libraries, File out ->
    def merger = ManifestMerger2.newMerger(manifest(main), new StdLogger(StdLogger.Level.ERROR), ManifestMerger2.MergeType.APPLICATION)
    merger.setNamespace('org.gauze.app')
    [(ManifestSystemProperty.Document.PACKAGE): 'org.gauze.app',
     (ManifestSystemProperty.UsesSdk.MIN_SDK_VERSION): minSdk,
     (ManifestSystemProperty.UsesSdk.TARGET_SDK_VERSION): targetSdk,
     (ManifestSystemProperty.Manifest.VERSION_CODE): project.properties['android.versionCode'],
     (ManifestSystemProperty.Manifest.VERSION_NAME): project.version].each { merger.setOverride(it.key, it.value) }
    libraries.collect(manifest).findAll { it.exists() }.each { merger.addLibraryManifest(it) }
    def report = merger.merge()
    if (!report.result.isSuccess()) throw new IllegalStateException(report.loggingRecords.join('\n'))
    // Libraries lie stored and aligned in the APK and are loaded from there.
    out.text = report.getMergedDocument(MergingReport.MergedManifestKind.MERGED)
        .replaceFirst('<application', '<application android:extractNativeLibs="false"')
}
def shipped = new File(work, 'AndroidManifest.xml')
merge(exploded, shipped)
def forTests = new File(work, 'test/AndroidManifest.xml').tap { parentFile.mkdirs() }
merge(exploded + tested, forTests)

def sets = exploded.findAll { new File(it, 'res').list() }.collect { dir ->
    def out = new File(dir, 'compiled.zip')
    if (!out.exists()) run([aapt2, 'compile', '--dir', new File(dir, 'res'), '-o', out])
    out
}
def own = new File(work, 'own.zip')
run([aapt2, 'compile', '--dir', new File(main, 'res'), '-o', own])
// The list that `cargo xtask package android` wrote lies over the sources' empty one.
def written = session.userProperties['gauze.licences']
def licences = written ? [new File(work, 'licences.zip')] : []
licences.each { run([aapt2, 'compile', '--dir', written, '-o', it]) }

def documents = javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder()
def packages = exploded.collect { documents.parse(manifest(it)).documentElement.getAttribute('package') }.unique()
def all = project.artifacts.find { it.artifactId == 'android-all' }.file
def gen = new File(build, 'generated-sources/r')
def link = { File merged, File out ->
    run([aapt2, 'link', '-o', out, '-I', all, '--manifest', merged, '--java', gen, '--extra-packages', packages.join(':'),
         '--proguard', new File(work, 'aapt.pro'), '--auto-add-overlay', '--min-sdk-version', minSdk,
         '--target-sdk-version', targetSdk, '-c', 'en,cy,gd'] + (sets + own + licences).collectMany { ['-R', it] })
}
link(forTests, new File(work, 'test/resources.ap_'))
link(shipped, new File(work, 'resources.ap_'))
project.addCompileSourceRoot(gen.path)

def assets = new File(work, 'assets').tap { mkdirs() }
def config = new File(project.build.testOutputDirectory, 'com/android/tools/test_config.properties')
config.parentFile.mkdirs()
config.text = """android_custom_package=org.gauze.app
android_merged_manifest=${forTests.canonicalPath}
android_resource_apk=${new File(work, 'test/resources.ap_').canonicalPath}
android_merged_assets=${assets.canonicalPath}
"""
