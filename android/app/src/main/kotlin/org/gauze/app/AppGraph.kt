package org.gauze.app

import android.app.Activity
import android.app.NotificationManager
import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import java.io.File
import java.time.LocalDate
import java.time.ZoneId
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import org.gauze.app.ui.text
import org.gauze.bridge.GauzeCore
import org.gauze.logic.core.Core
import org.gauze.logic.core.Outcome
import org.gauze.logic.flow.Journey
import org.gauze.logic.port.BackgroundUploads
import org.gauze.logic.port.Biometric
import org.gauze.logic.port.Browser
import org.gauze.logic.port.Camera
import org.gauze.logic.port.CorePorts
import org.gauze.logic.port.Judge
import org.gauze.logic.port.Level
import org.gauze.logic.port.Locations
import org.gauze.logic.port.ManagedConfiguration
import org.gauze.logic.port.Network
import org.gauze.logic.port.Now
import org.gauze.logic.port.Scanner
import org.gauze.logic.port.Sound
import org.gauze.logic.queue.show
import org.gauze.platform.SystemBrowser
import org.gauze.platform.SystemDisk
import org.gauze.platform.SystemNetwork
import org.gauze.platform.camera.Camera2
import org.gauze.platform.camera.FrameJudge
import org.gauze.platform.camera.GravityLevel
import org.gauze.platform.camera.ShutterSound
import org.gauze.platform.camera.Sizes
import org.gauze.platform.keys.KeystoreKeys
import org.gauze.platform.keys.KeystoreSecret
import org.gauze.platform.keys.SystemBiometric
import org.gauze.platform.managed.AppStates
import org.gauze.platform.managed.Restrictions
import org.gauze.platform.place.SystemLocations
import org.gauze.platform.scan.ZxingScanner
import org.gauze.platform.upload.NoteWords
import org.gauze.platform.upload.SystemNotes
import org.gauze.platform.upload.Uploads

/**
 * Everything the app is made of, made once and by hand, when it is first asked for: an application makes its graph before
 * the system gives it a context, and a port that is put in another's place leaves the other unmade.
 */
open class AppGraph(private val context: Context) {
    /** The activity on the screen, for what can only be asked there. */
    @Volatile var activity: Activity? = null

    /** Permissions that this process saw refused. */
    val refused = HashSet<String>()

    /** What outlives a window that is turned: a photo that is being sealed. */
    val work = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    open val viewfinder = Viewfinder { Sizes.of(context) }
    open val camera: Camera by lazy { Camera2(context, viewfinder.surface) }
    open val scanner: Scanner by lazy { ZxingScanner() }
    open val judge: Judge by lazy { FrameJudge() }
    open val level: Level by lazy { GravityLevel(context) }
    open val locations: Locations by lazy { SystemLocations(context) }
    open val sound: Sound by lazy { ShutterSound() }
    open val biometric: Biometric by lazy { SystemBiometric({ activity }, context.getString(R.string.prompt_unlock)) }
    open val managed: ManagedConfiguration by lazy { Restrictions(context, AppStates(context)::send) }
    open val uploads: BackgroundUploads by lazy { Uploads(context) }
    val notes: SystemNotes by lazy {
        val words = NoteWords(
            context.getString(R.string.notes_channel),
            context.getString(R.string.notes_waiting),
            context.getString(R.string.notes_refused),
            context.getString(R.string.notes_sending),
        ) { it.text(context.resources) }
        SystemNotes(context, R.drawable.ic_gauze, MainActivity::class.java, words)
    }
    open val browser: Browser by lazy { SystemBrowser { activity } }
    open fun notesAllowed() = context.getSystemService(NotificationManager::class.java)!!.areNotificationsEnabled()
    open val now = Now { System.currentTimeMillis() }
    val zone: ZoneId get() = ZoneId.systemDefault()
    open val today: () -> LocalDate = { LocalDate.now(zone) }

    /** The licences of what is packed, by paragraphs; none where whoever packed it wrote no list. */
    open val licences: List<String> by lazy {
        context.resources.openRawResource(R.raw.licences).bufferedReader().use { it.readText() }.split("\n\n").filter(String::isNotBlank)
    }
    val version: String by lazy { context.packageManager.getPackageInfo(context.packageName, 0).versionName.orEmpty() }

    private val strongBox by lazy { context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE) }
    private val keys by lazy { KeystoreKeys(strongBox) }

    /** Whether the keys are in a chip of their own; null where there are none, or none that answers now. */
    open val hardware: Boolean? get() = keys.inChip

    open val network: Network by lazy { SystemNetwork(context) }

    protected open val ports: CorePorts by lazy {
        CorePorts(keys, keys, KeystoreSecret(context.noBackupFilesDir), network, SystemDisk(context))
    }

    /** The core, or why it does not open: then it is tried anew. */
    open fun core(): Outcome<Core> = synchronized(this) {
        opened?.let { return Outcome.Done(it) }
        val dir = File(context.noBackupFilesDir, "gauze").apply { mkdirs() }
        GauzeCore.open(dir.path, Build.MODEL.ifEmpty { "Android" }, version, ports).also {
            if (it is Outcome.Done) opened = it.value
        }
    }

    private var opened: Core? = null

    private var going: Journey? = null

    /** A photo was taken: what waits is said at the icon, for there may be no network, and handed to the system. */
    fun handOver(core: Core, asked: Boolean) {
        notes.show(core.standing(), network)
        uploads.schedule(0, asked)
    }

    /** The way through the screens: it outlives an activity that is turned, and ends with the process. */
    fun journey(core: Core): Journey = synchronized(this) {
        going ?: Journey(core).also {
            going = it
            it.start()
        }
    }
}
