package dev.kiln.compiler.ptx;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An opcode taken apart.
 *
 * @param name what is left without types: {@code setp.lt}, {@code mul.wide}, {@code cvt.rn}
 * @param type the first type: of the result of a conversion, of everything elsewhere; empty if
 *     there is none
 * @param source the last type
 * @param kind what the type is
 * @param bits of the result's type; 0 without one
 * @param sourceBits of the source's type
 * @param isUnsigned whether the source is an unsigned integer
 */
record Opcode(
    String text,
    String name,
    String type,
    String source,
    Kind kind,
    int bits,
    int sourceBits,
    boolean isUnsigned) {
  /** What a type is. */
  enum Kind {
    INTEGER,
    FLOAT,
    PREDICATE,
    /** Half precision, packed types, none. */
    OTHER
  }

  private static final Set<String> TYPES =
      Set.of(
          "pred", "b8", "b16", "b32", "b64", "b128", "s8", "s16", "s32", "s64", "u8", "u16", "u32",
          "u64", "f16", "bf16", "f16x2", "bf16x2", "f32", "f64", "tf32", "e4m3x2", "e5m2x2");

  private static final Pattern DIGITS = Pattern.compile("\\d+");

  // A few hundred in all: opcodes are written in the emitters.
  private static final Map<String, Opcode> PARSED = new ConcurrentHashMap<>();

  static Opcode of(String text) {
    if (InlineText.isInline(text)) {
      return new Opcode(text, text, "", "", Kind.OTHER, 0, 0, false);
    }
    return PARSED.computeIfAbsent(text, Opcode::parse);
  }

  private static Opcode parse(String text) {
    var name = new StringBuilder();
    String type = "";
    String source = "";
    for (String part : text.split("\\.")) {
      if (TYPES.contains(part)) {
        type = type.isEmpty() ? part : type;
        source = part;
      } else {
        name.append(name.isEmpty() ? "" : ".").append(part);
      }
    }
    return new Opcode(
        text,
        name.toString(),
        type,
        source,
        kind(type),
        bits(type),
        bits(source),
        source.startsWith("u"));
  }

  private static Kind kind(String type) {
    return switch (type) {
      case "pred" -> Kind.PREDICATE;
      case "f32", "f64" -> Kind.FLOAT;
      case "b16", "b32", "b64", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64" ->
          Kind.INTEGER;
      default -> Kind.OTHER;
    };
  }

  static boolean isInteger(String type) {
    return kind(type) == Kind.INTEGER;
  }

  private static int bits(String type) {
    Matcher digits = DIGITS.matcher(type);
    return type.equals("pred") ? 1 : digits.find() ? Integer.parseInt(digits.group()) : 0;
  }

  /** The class of a register for a type. */
  static RegisterClass register(int bits) {
    return switch (bits) {
      case 1 -> RegisterClass.PRED;
      case 8, 16 -> RegisterClass.B16;
      case 32 -> RegisterClass.B32;
      default -> RegisterClass.B64;
    };
  }
}
