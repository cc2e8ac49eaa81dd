package dev.kiln.tests.cuda;

import dev.kiln.compiler.Target;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Tests of the CUDA path. Each gets a new {@link dev.kiln.tests.cuda.driver.SimulatedDriver}, and
 * fails if it leaves anything behind; parameters of that type and of {@link
 * dev.kiln.runtime.cuda.CudaDevice} are given. With {@code -Dkiln.test.cuda=real} the machine's own
 * driver and first GPU take its place, and tests that ask for the stand-in are skipped.
 */
@java.lang.annotation.Target(ElementType.TYPE)
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(CudaExtension.class)
@ResourceLock("cuda")
@Tag("gpu")
public @interface CudaTest {
  /** The GPUs that the stand-in has. */
  Target[] gpus() default {Target.SM_80, Target.SM_80};
}
