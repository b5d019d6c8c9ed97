/* The bridge is linked with C of users, which may have any names: what its files share goes by names of its own. */
#ifndef AMPHI_NAMES_H
#define AMPHI_NAMES_H

#pragma redefine_extname Function_Type amphi_Function_Type
#pragma redefine_extname Handle_Type amphi_Handle_Type
#pragma redefine_extname TYPE_OF_ANYTHING amphi_TYPE_OF_ANYTHING
#pragma redefine_extname ask amphi_ask
#pragma redefine_extname decode amphi_decode
#pragma redefine_extname decode_arguments amphi_decode_arguments
#pragma redefine_extname decode_error amphi_decode_error
#pragma redefine_extname decode_flat amphi_decode_flat
#pragma redefine_extname encode amphi_encode
#pragma redefine_extname encode_arguments amphi_encode_arguments
#pragma redefine_extname encode_err amphi_encode_err
#pragma redefine_extname encode_flat amphi_encode_flat
#pragma redefine_extname encode_object amphi_encode_object
#pragma redefine_extname encode_scalar amphi_encode_scalar
#pragma redefine_extname encode_tuple_head amphi_encode_tuple_head
#pragma redefine_extname error_class amphi_error_class
#pragma redefine_extname give_arguments amphi_give_arguments
#pragma redefine_extname handle_give amphi_handle_give
#pragma redefine_extname handle_new amphi_handle_new
#pragma redefine_extname handle_number amphi_handle_number
#pragma redefine_extname object_lend amphi_object_lend
#pragma redefine_extname object_lent amphi_object_lent
#pragma redefine_extname put_buffer amphi_put_buffer
#pragma redefine_extname put_bytes amphi_put_bytes
#pragma redefine_extname put_int amphi_put_int
#pragma redefine_extname put_long amphi_put_long
#pragma redefine_extname put_name amphi_put_name
#pragma redefine_extname put_tag amphi_put_tag
#pragma redefine_extname put_text amphi_put_text
#pragma redefine_extname put_word amphi_put_word
#pragma redefine_extname raise_reply amphi_raise_reply
#pragma redefine_extname refuse amphi_refuse
#pragma redefine_extname refuse_count amphi_refuse_count
#pragma redefine_extname refuse_field amphi_refuse_field
#pragma redefine_extname refuse_range amphi_refuse_range
#pragma redefine_extname refuse_unreadable amphi_refuse_unreadable
#pragma redefine_extname renew amphi_renew
#pragma redefine_extname reply_value amphi_reply_value
#pragma redefine_extname shown amphi_shown
#pragma redefine_extname some_class amphi_some_class
#pragma redefine_extname type_err amphi_type_err
#pragma redefine_extname type_free amphi_type_free
#pragma redefine_extname type_name amphi_type_name
#pragma redefine_extname type_read amphi_type_read
#pragma redefine_extname type_result amphi_type_result
#pragma redefine_extname type_share amphi_type_share
#pragma redefine_extname types_required amphi_types_required
#pragma redefine_extname writer_extend amphi_writer_extend
#pragma redefine_extname writer_finish amphi_writer_finish
#pragma redefine_extname writer_move amphi_writer_move
#pragma redefine_extname writer_start amphi_writer_start

#endif
