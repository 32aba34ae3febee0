package org.gauze.platform
class Probe(val x: android.content.Context)
