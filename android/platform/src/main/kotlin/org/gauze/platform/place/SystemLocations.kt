package org.gauze.platform.place

import android.Manifest
import android.annotation.SuppressLint
import android.content.Context
import android.content.pm.PackageManager
import android.location.Location
import android.location.LocationListener
import android.location.LocationManager
import android.os.Build
import android.os.Bundle
import android.os.Looper
import android.os.SystemClock
import java.util.TimeZone
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import org.gauze.logic.core.Fix
import org.gauze.logic.port.LocationEvent
import org.gauze.logic.port.Locations

/** Android's own providers, with what it last knew first. Where somebody switched them off nothing is found. */
class SystemLocations(private val context: Context) : Locations {
    private val manager = context.getSystemService(LocationManager::class.java)!!

    @SuppressLint("MissingPermission") // Is looked for before.
    override fun open(): Flow<LocationEvent> = callbackFlow {
        val providers = providers()
        trySend(if (allowed()) LocationEvent.Looking else LocationEvent.NotAllowed)
        val listener = object : LocationListener {
            override fun onLocationChanged(location: Location) {
                trySend(LocationEvent.Found(fix(location)))
            }

            // Android 10 calls these three without asking whether they are there.
            @Deprecated("Deprecated in Java")
            override fun onStatusChanged(provider: String?, status: Int, extras: Bundle?) = Unit

            override fun onProviderEnabled(provider: String) = Unit

            override fun onProviderDisabled(provider: String) = Unit
        }
        providers.mapNotNull(manager::getLastKnownLocation).maxByOrNull { it.elapsedRealtimeNanos }?.let(listener::onLocationChanged)
        providers.forEach { manager.requestLocationUpdates(it, EVERY, 0f, listener, Looper.getMainLooper()) }
        awaitClose { manager.removeUpdates(listener) }
    }.buffer(Channel.CONFLATED)

    /** Those that may be asked and are there. Android 12 asks them all at once. */
    private fun providers(): List<String> {
        val there = manager.allProviders
        val wanted = when {
            !allowed() -> emptyList()
            Build.VERSION.SDK_INT >= Build.VERSION_CODES.S && LocationManager.FUSED_PROVIDER in there -> listOf(LocationManager.FUSED_PROVIDER)
            else -> listOf(LocationManager.GPS_PROVIDER, LocationManager.NETWORK_PROVIDER)
        }
        return wanted.filter { it in there }
    }

    private fun allowed() = context.checkSelfPermission(NEEDED) == PackageManager.PERMISSION_GRANTED

    companion object {
        /** A coarse position is somewhere within kilometres: the core calls that unknown, so that it alone is as good as none. */
        const val NEEDED = Manifest.permission.ACCESS_FINE_LOCATION

        /** What is asked for: Android 12 gives the fine one to nobody who does not ask for both. */
        val PERMISSIONS = arrayOf(Manifest.permission.ACCESS_COARSE_LOCATION, NEEDED)

        private const val EVERY = 5_000L

        /** A position without an accuracy counts for none. */
        internal fun fix(location: Location) = Fix(
            latitude = location.latitude,
            longitude = location.longitude,
            accuracy = if (location.hasAccuracy()) location.accuracy.toDouble() else Double.POSITIVE_INFINITY,
            age = (SystemClock.elapsedRealtimeNanos() - location.elapsedRealtimeNanos).coerceAtLeast(0) / 1_000_000,
            mock = madeUp(location),
            utcOffset = TimeZone.getDefault().getOffset(System.currentTimeMillis()) / 60_000,
        )

        @Suppress("DEPRECATION") // Android 11 and older know no other.
        private fun madeUp(location: Location) =
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) location.isMock else location.isFromMockProvider
    }
}
