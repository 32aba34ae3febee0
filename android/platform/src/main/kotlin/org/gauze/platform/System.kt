package org.gauze.platform

import android.content.Context
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.os.UserManager
import org.gauze.logic.port.Disk
import org.gauze.logic.port.DiskProtection
import org.gauze.logic.port.Network

/** Whether the system believes that there is a network: portals and captive ones count, the core finds out. */
class SystemNetwork(context: Context) : Network {
    private val manager = context.getSystemService(ConnectivityManager::class.java)!!

    override fun reachable(): Boolean =
        manager.getNetworkCapabilities(manager.activeNetwork)?.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET) == true
}

/** The app's own directory is encrypted with the credential of the phone's user, and readable after the first unlock. */
class SystemDisk(context: Context) : Disk {
    private val users = context.getSystemService(UserManager::class.java)!!
    private val own = context.noBackupFilesDir.canonicalFile

    override fun protection(dir: String): DiskProtection = when {
        !users.isUserUnlocked -> DiskProtection.NOT_YET_UNLOCKED
        !java.io.File(dir).canonicalFile.startsWith(own) -> DiskProtection.WRONG
        else -> DiskProtection.HELD
    }
}
