package dev.kiln.compiler.jvm;

import dev.kiln.generated.KernelClasses;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

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
    try {
      MethodHandles.Lookup hidden = KernelClasses.lookup().defineHiddenClass(bytes, true);
      return (ProgramBody)
          hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class)).invoke();
    } catch (Throwable e) {
      throw new IllegalStateException("the class of kernel " + name + " cannot be defined", e);
    }
  }
}
