package dev.kiln.compiler.jvm;

import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import javax.management.ObjectName;

/**
 * Keeps the C1 compiler away from generated classes. C1 gives up on methods with many live vectors,
 * and a method queued there first can stay in its slow profiling tier for ever.
 *
 * <p>And has the thread that first needs a method compiled wait for it: a vector operation takes a
 * thousand times as long in the interpreter, so going on meanwhile saves nothing.
 *
 * <p>The management interface through which this is done takes a tenth of a second to load. A
 * launcher that counts that gives the JVM the file {@code directives.json} instead: {@code
 * -XX:+UnlockDiagnosticVMOptions -XX:CompilerDirectivesFile=FILE -Dkiln.directives.given=true}.
 */
public final class JitDirectives {
  /** Set by who gives the directives to the JVM in a flag. */
  private static final String GIVEN = "kiln.directives.given";

  private static final boolean APPLIED = apply();

  private JitDirectives() {}

  /** Does so once for the JVM; does nothing where that is not permitted. */
  public static void keepGeneratedClassesFromC1() {
    if (!APPLIED) {
      System.getLogger(JitDirectives.class.getName())
          .log(System.Logger.Level.DEBUG, "compiler directives are not permitted");
    }
  }

  /** Whether the JVM took the directives. */
  public static boolean applied() {
    return APPLIED;
  }

  private static boolean apply() {
    if (Boolean.getBoolean(GIVEN)) {
      return true;
    }
    Path file = null;
    try (InputStream directives = JitDirectives.class.getResourceAsStream("directives.json")) {
      file = Files.createTempFile("kiln-directives", ".json");
      Files.copy(directives, file, StandardCopyOption.REPLACE_EXISTING);
      Object reply =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "compilerDirectivesAdd",
                  new Object[] {new String[] {file.toString()}},
                  new String[] {String[].class.getName()});
      return String.valueOf(reply).contains("added");
    } catch (Exception | LinkageError e) {
      return false;
    } finally {
      delete(file);
    }
  }

  private static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (java.io.IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
