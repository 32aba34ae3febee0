// The shrunk classes make the core's calls once on this JVM: what R8 took away that is found by its name alone is missed here,
// and not on a phone. With the library that `cargo build` made for this machine.
import java.lang.reflect.InvocationHandler
import java.lang.reflect.Proxy
import java.nio.ByteBuffer
import java.nio.file.Files

def library = new File(session.userProperties['gauze.library'] ?: project.properties['gauze.library'])
if (!new File(library, System.mapLibraryName('gauze')).exists()) {
    println "no ${System.mapLibraryName('gauze')} in ${library}: the shrunk classes were not run"
    return
}
System.setProperty('jna.library.path', library.path)
def jar = new File(project.build.directory, 'shrunk.jar').toURI().toURL()
def loader = new URLClassLoader([jar] as URL[], ClassLoader.platformClassLoader)
def type = { String name -> loader.loadClass("org.gauze.core.${name}") }
def choice = { String name, String value -> type(name).enumConstants.find { it.name() == value } }

def heard = [] as Set
def port = { String name, Map answers ->
    Proxy.newProxyInstance(loader, [type(name)] as Class[], { proxy, method, arguments ->
        heard << method.name
        answers[method.name]
    } as InvocationHandler)
}
def ports = type('ClientPorts').constructors.find { it.parameterCount == 5 }.newInstance(
    port('KeyVault', [:]), port('Attestor', [:]), port('SecretStore', [:]), port('Reachability', [reachable: false]),
    port('Storage', [protection: choice('Protection', 'HELD')]))

def dir = Files.createTempDirectory('gauze-shrunk-').toFile()
try {
    def client = type('Client').getField('Companion').get(null).open(dir.path, choice('Platform', 'ANDROID'), 'jvm', '0.1.0', ports)
    assert client.status().deviceId == null
    assert client.list().isEmpty() && client.choices().sites.isEmpty()
    assert !client.configure(choice('Encoding', 'ANDROID'), '{"gateway": "no address"}').accepted
    def picture = ByteBuffer.allocateDirect(4).putInt(0xffd8ffe0 as int).flip()
    def nothing = type('CaptureContext').newInstance()
    try {
        client.capture(picture, nothing)
        assert false: 'a phone that is not set up took a photo'
    } catch (e) {
        assert e.class.name.startsWith('org.gauze.core.CaptureException') && e.code == 'not_enrolled'
    }
    client.close()
    assert 'protection' in heard
} finally {
    dir.deleteDir()
}
println "the shrunk classes opened the core, asked it and were answered (${heard.sort().join(', ')})"
