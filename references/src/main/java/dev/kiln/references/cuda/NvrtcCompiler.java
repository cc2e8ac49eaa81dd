package dev.kiln.references.cuda;

import static org.bytedeco.cuda.global.nvrtc.*;

import dev.kiln.references.NativePreset;
import dev.kiln.runtime.KilnException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** CUDA C++ to PTX, by NVRTC. */
public final class NvrtcCompiler {
  private static final NativePreset PRESET = new NativePreset("NVRTC", nvrtc.class, Toolkit.ADVICE);
  private static final LibraryCalls CALLS = new LibraryCalls("NVRTC", nvrtc::nvrtcGetErrorString);

  private NvrtcCompiler() {}

  /** Why it cannot be used on this machine. */
  public static Optional<String> unavailable() {
    return PRESET.problem();
  }

  /** {@code 13.1}. */
  public static String version() {
    int[] major = new int[1];
    int[] minor = new int[1];
    CALLS.check(nvrtcVersion(major, minor), "nvrtcVersion");
    return major[0] + "." + minor[0];
  }

  /**
   * Compiles a program.
   *
   * @param name of the file in messages
   * @param options {@code --gpu-architecture=compute_90a} and the like
   * @throws KilnException with the compiler's log if the program is wrong
   */
  public static String ptx(String name, String source, List<String> options) {
    var program = new _nvrtcProgram();
    try (var sourceText = new BytePointer(source, StandardCharsets.UTF_8);
        var nameText = new BytePointer(name, StandardCharsets.UTF_8)) {
      PointerPointer<BytePointer> none = null;
      CALLS.check(
          nvrtcCreateProgram(program, sourceText, nameText, 0, none, none), "nvrtcCreateProgram");
    }
    try {
      compile(name, program, options);
      try (var size = new SizeTPointer(1)) {
        CALLS.check(nvrtcGetPTXSize(program, size), "nvrtcGetPTXSize");
        byte[] text = new byte[Math.toIntExact(size.get())];
        CALLS.check(nvrtcGetPTX(program, text), "nvrtcGetPTX");
        return text(text);
      }
    } finally {
      nvrtcDestroyProgram(program);
    }
  }

  private static void compile(String name, _nvrtcProgram program, List<String> options) {
    try (var texts = new PointerPointer<BytePointer>(options.toArray(String[]::new))) {
      int status = nvrtcCompileProgram(program, options.size(), texts);
      if (status != NVRTC_SUCCESS) {
        throw new KilnException(
            "NVRTC refuses %s: %s\n%s"
                .formatted(name, nvrtcGetErrorString(status).getString(), log(program)));
      }
    }
  }

  private static String log(_nvrtcProgram program) {
    try (var size = new SizeTPointer(1)) {
      if (nvrtcGetProgramLogSize(program, size) != NVRTC_SUCCESS) {
        return "";
      }
      byte[] text = new byte[Math.toIntExact(size.get())];
      nvrtcGetProgramLog(program, text);
      return text(text);
    }
  }

  /** Without the zero at the end. */
  private static String text(byte[] bytes) {
    return new String(bytes, 0, Math.max(0, bytes.length - 1), StandardCharsets.UTF_8);
  }
}
