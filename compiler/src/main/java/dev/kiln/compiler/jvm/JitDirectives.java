package dev.kiln.compiler.jvm;

import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Keeps the C1 compiler away from generated classes. C1 gives up on methods with many live vectors,
 * and a method queued there first can stay in its slow profiling tier for ever.
 *
 * <p>And has the thread that first needs a method compiled wait for it: a vector operation takes a
 * thousand times as long in the interpreter, so going on meanwhile saves nothing.
 *
 * <p>The management interface through which this is done takes a tenth of a second to load. Where
 * the launcher has opened what lies behind it ({@link #FLAGS}), that is called instead, which takes
 * a hundredth. Flags that give the JVM the directives themselves are no way: the JVM announces on
 * standard output that it has read them.
 */
public final class JitDirectives {
  /** What opens the JVM's commands to this class. */
  public static final List<String> FLAGS =
      List.of(
          "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
          "--add-exports=java.management/sun.management=ALL-UNNAMED");

  private static final String COMMANDS = "com.sun.management.internal";

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
    Path file = null;
    try (InputStream directives = JitDirectives.class.getResourceAsStream("directives.json")) {
      file = Files.createTempFile("kiln-directives", ".json");
      Files.copy(directives, file, StandardCopyOption.REPLACE_EXISTING);
      return (isOpen() && addDirectly(file)) || add(file);
    } catch (Exception | LinkageError e) {
      return false;
    } finally {
      delete(file);
    }
  }

  private static boolean isOpen() {
    Module here = JitDirectives.class.getModule();
    return isOpen("jdk.management", COMMANDS, here)
        && isOpen("java.management", "sun.management", here);
  }

  private static boolean isOpen(String module, String packageName, Module to) {
    Module owner = ModuleLayer.boot().findModule(module).orElse(null);
    return owner != null && owner.isExported(packageName, to);
  }

  /** By the native method that the management interface calls in the end. */
  private static boolean addDirectly(Path file) {
    try {
      // Its static part loads the native library.
      Class.forName(COMMANDS + ".PlatformMBeanProviderImpl");
      Object vm =
          Class.forName("sun.management.ManagementFactoryHelper")
              .getMethod("getVMManagement")
              .invoke(null);
      Class<?> type = Class.forName(COMMANDS + ".DiagnosticCommandImpl");
      Constructor<?> constructor =
          type.getDeclaredConstructor(Class.forName("sun.management.VMManagement"));
      constructor.setAccessible(true);
      Method execute = type.getDeclaredMethod("executeDiagnosticCommand", String.class);
      execute.setAccessible(true);
      Object reply =
          execute.invoke(constructor.newInstance(vm), "Compiler.directives_add \"" + file + "\"");
      return isAdded(reply);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false; // another JDK: the public way remains
    }
  }

  private static boolean add(Path file) throws JMException {
    return isAdded(
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "compilerDirectivesAdd",
                new Object[] {new String[] {file.toString()}},
                new String[] {String[].class.getName()}));
  }

  private static boolean isAdded(Object reply) {
    return String.valueOf(reply).contains("added");
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
