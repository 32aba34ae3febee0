package org.gauze.app
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.compose.material3.Text
class MainActivity : ComponentActivity() { override fun onCreate(s: android.os.Bundle?) { super.onCreate(s); setContent { Text(getString(R.string.app_name)) } } }
class GauzeApplication : android.app.Application()
