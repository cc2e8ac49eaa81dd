package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.isa.Decoder;
import java.util.Map;
import java.util.TreeMap;

/** The floating-point forms of each opcode. */
public final class FloatingPoint {
  private FloatingPoint() {}

  /** By opcode; some opcodes have integer forms too. */
  public static Map<String, Decoder> decoders() {
    Map<String, Decoder> decoders = new TreeMap<>();
    decoders.put("add", FloatArithmetic::add);
    decoders.put("sub", FloatArithmetic::sub);
    decoders.put("mul", FloatArithmetic::mul);
    decoders.put("fma", FloatArithmetic::fma);
    decoders.put("mad", FloatArithmetic::mad);
    decoders.put("min", context -> FloatExtremes.decode(context, false));
    decoders.put("max", context -> FloatExtremes.decode(context, true));
    decoders.put("abs", FloatSigns::abs);
    decoders.put("neg", FloatSigns::neg);
    decoders.put("copysign", FloatSigns::copysign);
    decoders.put("testp", FloatSigns::testp);
    decoders.put("div", FloatFunctions::div);
    decoders.put("rcp", FloatFunctions::rcp);
    decoders.put("sqrt", FloatFunctions::sqrt);
    decoders.put("rsqrt", FloatFunctions::rsqrt);
    decoders.put("ex2", FloatFunctions::ex2);
    decoders.put("lg2", FloatFunctions::lg2);
    decoders.put("sin", FloatFunctions::sin);
    decoders.put("cos", FloatFunctions::cos);
    decoders.put("tanh", FloatFunctions::tanh);
    return decoders;
  }
}
