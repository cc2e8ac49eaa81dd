package dev.kiln.runtime;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a class with one typed method for each kernel of a kernel file, when the annotated type is
 * compiled.
 *
 * <p>On {@code interface Norms} in package {@code p}, {@code @KernelSource("norms.py")} reads the
 * resource {@code p/norms.py} and writes {@code p.NormsKernels}. A kernel that was renamed, or
 * whose parameters changed, then fails where it is called, when that is compiled.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.SOURCE)
public @interface KernelSource {
  /** The kernel file, a resource beside the annotated type. */
  String value();

  /**
   * The simple name of the class to write; by default the annotated type's with {@code Kernels}
   * behind it.
   */
  String className() default "";
}
