// Explodes each AAR once and puts its classes on every class path in the AAR's place.
import java.util.zip.ZipFile
import java.util.zip.ZipInputStream
import java.util.zip.ZipOutputStream
import java.util.zip.ZipEntry
import org.apache.maven.artifact.handler.DefaultArtifactHandler

if (project.packaging == 'pom') return
def home = new File(project.build.directory, '../aars').canonicalFile

/** classes.jar and libs/*.jar as one jar; empty for an AAR of resources alone. */
def join = { ZipFile aar, File out ->
    def seen = new HashSet<String>()
    new ZipOutputStream(out.newOutputStream()).withCloseable { zip ->
        aar.entries().findAll { it.name == 'classes.jar' || it.name ==~ /libs\/[^\/]+\.jar/ }.each { jar ->
            new ZipInputStream(aar.getInputStream(jar)).withCloseable { from ->
                for (def entry = from.nextEntry; entry != null; entry = from.nextEntry) {
                    if (entry.directory || !seen.add(entry.name)) continue
                    zip.putNextEntry(new ZipEntry(entry.name).tap { time = 0L })
                    zip << from
                    zip.closeEntry()
                }
            }
        }
    }
}

def explode = { artifact ->
    def dir = new File(home, "${artifact.groupId}.${artifact.artifactId}-${artifact.version}")
    def done = new File(dir, 'all.jar')
    if (done.exists()) return done
    dir.mkdirs()
    new ZipFile(artifact.file).withCloseable { aar ->
        aar.entries().findAll { !it.directory }.each { entry ->
            def file = new File(dir, entry.name)
            if (!file.canonicalPath.startsWith(dir.canonicalPath)) throw new IOException("${entry.name} leads out")
            file.parentFile.mkdirs()
            file.withOutputStream { it << aar.getInputStream(entry) }
        }
        def part = new File(dir, 'all.jar.part')
        join(aar, part)
        if (!part.renameTo(done)) throw new IOException("could not write ${done}")
    }
    done
}

def jar = new DefaultArtifactHandler('jar')
jar.addedToClasspath = true
project.artifacts.findAll { it.file.name.endsWith('.aar') }.each { aar ->
    aar.file = explode(aar)
    aar.artifactHandler = jar
}
