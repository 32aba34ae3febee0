// Android's lint over manifest, resources and Kotlin of all modules, with the checks that the libraries bring. Any warning
// ends the build. It knows no list of what came with which version of Android here: the tests on the oldest framework do.
import groovy.xml.MarkupBuilder

def build = new File(project.build.directory).tap { mkdirs() }
def app = session.projects.find { it.artifactId == 'app' }
def root = app.basedir.parentFile
def all = app.artifacts.find { it.artifactId == 'android-all' }.file
def sdk = new File(build, 'sdk/platforms/android-35').tap { mkdirs() }
def platform = new File(sdk, 'android.jar')
if (!platform.exists()) java.nio.file.Files.createSymbolicLink(platform.toPath(), all.toPath())
new File(sdk, 'source.properties').text = '''Pkg.Desc=Android SDK Platform 15
Pkg.UserSrc=false
Pkg.Revision=1
Platform.Version=15
AndroidVersion.ApiLevel=35
'''

def description = new File(build, 'project.xml')
description.withWriter { writer ->
    new MarkupBuilder(writer).project {
        cache(dir: new File(build, 'cache').tap { mkdirs() })
        delegate.root(dir: root)
        module(name: 'app', android: true, library: false, 'compile-sdk-version': 35) {
            manifest(file: new File(app.basedir, 'src/main/AndroidManifest.xml'))
            'merged-manifest'(file: new File(app.build.directory, 'resources/AndroidManifest.xml'))
            // The generated Kotlin is nobody's to mend.
            ['logic/src/main/kotlin', 'bridge/src/main/kotlin/org/gauze/bridge', 'platform/src/main/kotlin', 'app/src/main/kotlin'].each {
                src(file: new File(root, it))
            }
            resource(file: new File(app.basedir, 'src/main/res'))
            classpath(jar: app.build.outputDirectory)
            app.artifacts.findAll { it.scope != 'test' && it.artifactId != 'android-all' && it.file }.each { artifact ->
                classpath(jar: artifact.file)
                def checks = new File(artifact.file.parentFile, 'lint.jar')
                if (artifact.type == 'aar' && checks.exists()) 'lint-checks'(jar: checks)
            }
        }
    }
}

// Words are found by their names; the build says the versions; a date's hyphens are a date's.
def passed = 'UnusedResources,MissingVersion,TypographyDashes'
def lint = new ProcessBuilder("${System.getProperty('java.home')}/bin/java", '-Xmx2g', '-cp',
    project.artifacts.findAll { it.groupId != 'org.gauze' }*.file.join(File.pathSeparator), 'com.android.tools.lint.Main',
    '--project', description.path, '--sdk-home', sdk.parentFile.parentFile.path, '--jdk-home', System.getProperty('java.home'),
    '--disable', passed, '-Werror', '--exitcode', '--text', 'stdout').redirectErrorStream(true).start()
def said = lint.inputStream.text
if (lint.waitFor() != 0) throw new IllegalStateException("lint: ${said}")
println "lint found nothing (${passed} left out)"
