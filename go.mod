module scaip

go 1.26
