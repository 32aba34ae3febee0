// The shrunk classes make the journey's calls once on this JVM, through the bridge as the app does: what R8 took away that is found by
// its name alone is missed here, and not on a phone. With the library that `cargo build` made for this machine.
import java.lang.reflect.InvocationHandler
import java.lang.reflect.Proxy
import java.nio.ByteBuffer
import java.nio.file.Files
import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.TimeUnit

def library = new File(session.userProperties['gauze.library'] ?: project.properties['gauze.library'])
if (!new File(library, System.mapLibraryName('gauze')).exists()) {
    println "no ${System.mapLibraryName('gauze')} in ${library}: the shrunk classes were not run"
    return
}
System.setProperty('jna.library.path', library.path)
def jar = new File(project.build.directory, 'shrunk.jar').toURI().toURL()
def loader = new URLClassLoader([jar] as URL[], ClassLoader.platformClassLoader)
def type = { String name -> loader.loadClass("org.gauze.${name}") }
def playing = { Class role, Closure answer ->
    Proxy.newProxyInstance(loader, [role] as Class[], { self, method, arguments -> answer(method, arguments) } as InvocationHandler)
}

def heard = [] as Set
def port = { String name, Map answers ->
    playing(type("logic.port.${name}")) { method, arguments ->
        heard << method.name
        answers[method.name]
    }
}
def held = type('logic.port.DiskProtection').enumConstants.find { it.name() == 'HELD' }
def ports = type('logic.port.CorePorts').constructors.find { it.parameterCount == 5 }.newInstance(
    port('DeviceKeys', [:]), port('KeyEvidence', [:]), port('Secret', [:]), port('Network', [reachable: false]), port('Disk', [protection: held]))

def ended = { String kind, Object outcome -> outcome?.class?.name == "org.gauze.logic.core.Outcome\$${kind}".toString() }
def done = { Object outcome ->
    assert ended('Done', outcome)
    outcome.value
}
def refused = { Object outcome ->
    assert ended('Failed', outcome)
    outcome.failure.code
}
def threads = loader.loadClass('kotlinx.coroutines.Dispatchers').getMethod('getDefault').invoke(null)
/** What a suspending function comes to, at once or on the coroutines' own threads. */
def awaited = { Object core, String name, Object argument ->
    def function = core.class.methods.find { it.name == name }
    def later = new ArrayBlockingQueue(1)
    def continuation = playing(function.parameterTypes.last()) { method, arguments ->
        method.returnType == Void.TYPE ? later.add(arguments[0]) : threads
    }
    def now = function.invoke(core, argument, continuation)
    ended('Done', now) || ended('Failed', now) ? now : later.poll(60, TimeUnit.SECONDS)
}

def dir = Files.createTempDirectory('gauze-shrunk-').toFile()
try {
    def core = done(type('bridge.GauzeCore').getField('Companion').get(null).open(dir.path, 'jvm', project.version, ports))
    assert core.standing() != null && core.choices() != null && done(core.photos(9)).isEmpty()
    assert done(core.configure('{"gateway": "no address"}')) != null
    def picture = ByteBuffer.allocateDirect(4).putInt(0xffd8ffe0 as int).flip()
    assert core.judge(picture) == null
    assert refused(core.capture(picture, type('logic.core.PhotoRecord').getConstructor().newInstance())) == 'not_enrolled'
    assert refused(awaited(core, 'enrolManaged', '{}')) in ['gateway_invalid', 'configuration_invalid']
    assert refused(awaited(core, 'send', false)) == 'not_enrolled'
    assert refused(core.unlock()) == 'review_off'
    assert core.signInMode() == null && !core.newSeries().isEmpty()
    core.close()
    assert 'protection' in heard
} finally {
    dir.deleteDir()
}
println "the shrunk classes opened the core, asked it and were answered (${heard.sort().join(', ')})"
