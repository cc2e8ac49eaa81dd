package dev.kiln.tests.cuda;

/** A kernel in PTX that adds a number to each of n integers, one for each thread of a block. */
public final class AddKernel {
  /** {@code add(to, value, n)}, and a variable {@code table} of four integers. */
  public static final String PTX =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .global .align 4 .u32 table[4] = {1, 2, 3, 4};
      .visible .entry add(.param .u64 to, .param .u32 value, .param .u32 n)
      {
        .reg .pred %p;
        .reg .b32 %r<5>;
        .reg .b64 %d<3>;
        ld.param.u64 %d0, [to];
        ld.param.u32 %r0, [value];
        ld.param.u32 %r1, [n];
        mov.u32 %r2, %tid.x;
        setp.ge.u32 %p, %r2, %r1;
        @%p bra DONE;
        mul.wide.u32 %d1, %r2, 4;
        add.u64 %d2, %d0, %d1;
        ld.global.u32 %r3, [%d2];
        add.u32 %r4, %r3, %r0;
        st.global.u32 [%d2], %r4;
      DONE:
        ret;
      }
      """;

  private AddKernel() {}
}
