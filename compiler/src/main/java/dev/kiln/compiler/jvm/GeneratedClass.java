package dev.kiln.compiler.jvm;

import dev.kiln.generated.KernelClasses;
import dev.kiln.starter.StarterClasses;
import java.lang.invoke.MethodHandles;

/**
 * The bytes of a kernel's class.
 *
 * @param name the class's name; several classes may have it, since they are hidden
 * @param scratchBytes scratch memory that one thread needs to run it, 64-byte aligned
 */
public record GeneratedClass(String name, byte[] bytes, long scratchBytes) {
  /** Defines the class, which verifies it, and makes its only instance. */
  public ProgramBody define() {
    JitDirectives.keepGeneratedClassesFromC1();
    return define(KernelClasses.lookup());
  }

  /** Likewise, for a class of {@link EmissionOptions#STARTER}. */
  public ProgramBody defineStarter() {
    return define(StarterClasses.lookup());
  }

  private ProgramBody define(MethodHandles.Lookup place) {
    try {
      Class<?> hidden = place.defineHiddenClass(bytes, true).lookupClass();
      // Not by a method handle, which a new process takes milliseconds to link.
      return (ProgramBody) hidden.getConstructor().newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IllegalStateException("the class of kernel " + name + " cannot be defined", e);
    }
  }
}
