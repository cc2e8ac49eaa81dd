package dev.kiln.runtime.memory;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Memory by the JDK's own allocator, where the launcher has opened it with {@code --add-exports
 * java.base/jdk.internal.misc=ALL-UNNAMED}. It gives the same untouched pages as a mapping that is
 * asked of the operating system, but needs no linker of native functions, which takes 50 ms to load
 * in a new process.
 */
final class InternalMemory {
  private static final String PACKAGE = "jdk.internal.misc";

  private InternalMemory() {}

  /** The address of uninitialised memory that is never freed; 0 if there is none to be had. */
  static long allocate(long bytes) {
    if (!Object.class.getModule().isExported(PACKAGE, InternalMemory.class.getModule())) {
      return 0;
    }
    try {
      Class<?> type = Class.forName(PACKAGE + ".Unsafe");
      // By handles: to look for a method of this class by reflection makes objects of all 1,400.
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      Object unsafe =
          (Object)
              lookup
                  .findStatic(type, "getUnsafe", MethodType.methodType(type))
                  .asType(MethodType.methodType(Object.class))
                  .invokeExact();
      // Bound to its receiver and called with its own types, a handle needs the least linking.
      MethodHandle allocate =
          lookup.bind(unsafe, "allocateMemory", MethodType.methodType(long.class, long.class));
      return (long) allocate.invokeExact(bytes);
    } catch (OutOfMemoryError | ReflectiveOperationException e) {
      return 0; // a mapping may be larger than what the allocator gives
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
