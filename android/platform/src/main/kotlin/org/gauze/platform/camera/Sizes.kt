package org.gauze.platform.camera

import android.content.Context
import android.graphics.ImageFormat
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.util.Size
import android.view.SurfaceHolder
import kotlin.math.abs

/** The back camera, and what it says of itself. */
internal class Back(val id: String, val says: CameraCharacteristics)

/**
 * What the back camera is asked for, lying as its sensor does: all of one shape, so that each sees what the photo will. [sensor] is by
 * how much the phone's screen turns it, in its natural position.
 */
class Sizes(val photo: Size, val finder: Size, val frames: Size, private val sensor: Int) {
    /** Width by height of the finder on a screen of this rotation. */
    fun shape(screen: Int): Float {
        val lying = finder.width.toFloat() / finder.height
        return if (Turns.finder(sensor, screen) % 180 == 0) lying else 1 / lying
    }

    companion object {
        private const val FINDER = 1440
        private const val FRAMES = 1280

        /** Needs no permission. A phone that says nothing of its camera is asked for what nearly all have. */
        fun of(context: Context): Sizes {
            val manager = context.getSystemService(CameraManager::class.java)!!
            val camera = back(manager)?.says
            val map = camera?.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP)
            val photo = map?.getOutputSizes(ImageFormat.JPEG)?.maxByOrNull(::area) ?: Size(4032, 3024)
            return Sizes(
                photo,
                like(photo, map?.getOutputSizes(SurfaceHolder::class.java), FINDER) ?: Size(1280, 960),
                like(photo, map?.getOutputSizes(ImageFormat.YUV_420_888), FRAMES) ?: Size(1280, 960),
                camera?.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 90,
            )
        }

        internal fun back(manager: CameraManager): Back? {
            var back: Back? = null
            Running.tried {
                back = manager.cameraIdList.asSequence().map { Back(it, manager.getCameraCharacteristics(it)) }
                    .firstOrNull { it.says.get(CameraCharacteristics.LENS_FACING) == CameraCharacteristics.LENS_FACING_BACK }
            }
            return back
        }

        /** The largest of the photo's shape that is no wider than [most]; else the largest of any shape. */
        internal fun like(photo: Size, sizes: Array<Size>?, most: Int): Size? {
            val small = sizes?.filter { it.width <= most }.orEmpty()
            return small.filter { abs(shape(it) - shape(photo)) < 0.02f }.maxByOrNull(::area) ?: small.maxByOrNull(::area)
        }

        private fun shape(size: Size) = size.width.toFloat() / size.height

        private fun area(size: Size) = size.width.toLong() * size.height
    }
}
